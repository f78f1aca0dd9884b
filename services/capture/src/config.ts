import {
  choice,
  duration,
  flag,
  integer,
  list,
  path,
  secretFile,
  section,
  size,
  text,
} from '@goldpan/runtime/config'

const word = { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/, expects: 'letters, digits, . _ -' }

export const captureSection = section('One sensor: packets of a site to handshakes on the bus.', {
  service: text({ ...word, required: true, about: 'The anycast service measured.' }),
  site: text({
    pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/,
    expects: 'letters, digits and dashes',
    required: true,
    about: 'Code of the site that this sensor is at.',
  }),
  sensor: text({ ...word, about: 'Name of this sensor at its site; the host’s name if not set.' }),
  ports: list({
    default: ['53'],
    pattern: /^\d{1,5}$/,
    expects: 'a list of server ports',
    about: 'Server ports whose handshakes and queries are looked at.',
  }),
  clients: choice({
    words: ['prefix', 'tagged', 'full'],
    default: 'prefix',
    about:
      'What leaves the site of a client: its /24 or /48; also a keyed hash of its address that ' +
      'changes every day; or the address and port.',
  }),
  client_key_file: secretFile({
    about: 'Key of the hash of `tagged`, the same at all sensors; random at each start if not set.',
  }),
  services: path({
    about:
      'CSV `address,service`: which server addresses are whose, where the sensor sees several ' +
      'services; all are of this one if not set.',
  }),
  exclude: path({ about: 'Clients kept out of everything: addresses or prefixes, one a line.' }),
  traffic: text({
    default: 'full',
    pattern: /^(?:full|off|sampled=1\/\d{1,5})$/,
    expects: 'full, sampled=1/N with N a power of two up to 1024, or off',
    about: 'Whether DNS queries are counted: all, one in N over UDP, or none.',
  }),
  snaplen: integer({
    default: 128,
    min: 96,
    max: 262_144,
    unit: 'bytes',
    about: 'Bytes captured of a packet: headers with their options suffice.',
  }),
  buffer: size({
    default: '16MiB',
    min: '1MiB',
    max: '1GiB',
    about: 'Room in the kernel for packets that the sensor has not taken.',
  }),
  promiscuous: flag({
    default: false,
    about: 'Whether packets to other hosts are captured too, as on a mirror port.',
  }),
  user: text({
    about:
      'Who the sensor becomes once the interface is open, when started by root (`goldpan`, ' +
      'or `nobody`, if not set).',
  }),
  cpu_share: text({
    default: '0.5',
    pattern: /^(?:0\.\d+|[1-9]\d?(?:\.\d+)?)$/,
    expects: 'cores, such as 0.5',
    about: 'Cores that the sensor may use before traffic counts are sampled, then given up.',
  }),
  give_way_rate: integer({
    default: 16,
    min: 2,
    max: 1024,
    unit: '(a power of two)',
    about: 'One in how many queries is counted once the sensor gives way.',
  }),
  batch_age: duration({
    default: '100ms',
    min: '20ms',
    max: '1s',
    about: 'How long a live handshake may wait for its batch to be sent.',
  }),
  heartbeat: duration({
    default: '10s',
    min: '1s',
    max: '60s',
    about: 'How often the sensor says how it is.',
  }),
  spool_folder: text({
    about: 'Folder for batches that the bus does not take; your state folder if not set.',
  }),
  spool_bytes: size({
    default: '1GiB',
    min: '1MiB',
    about: 'Bytes of the spool at most; the oldest batches are dropped first.',
  }),
})
