import { duration, flag, path, secretFile, text } from './config-key.ts'
import { section } from './config-section.ts'

/** `http://USER:PASSWORD@…` would stand in every process list and log. */
const refusePassword = (url: string): string | undefined =>
  /^https?:\/\/[^/@]*:[^/@]*@/.test(url)
    ? 'a password does not belong in a URL, set warehouse.password_file'
    : undefined

export const warehouseSection = section('Where rows and findings are kept.', {
  url: text({
    refuse: refusePassword,
    expects: 'http(s)://USER@HOST:PORT/DB or a folder',
    about: 'A ClickHouse server, http(s)://USER@HOST:PORT/DB, or the folder of an embedded one.',
  }),
  password_file: secretFile({ about: 'File that holds the password of the user in the URL.' }),
  ca_file: path({ about: 'PEM file of the authority that signed the server’s certificate.' }),
  cert_file: path({ about: 'PEM file of this client’s certificate.' }),
  key_file: secretFile({ about: 'PEM file of this client’s private key.' }),
  compression: flag({
    default: false,
    about: 'Whether requests to a server are compressed (gzip): for slow links, at much CPU.',
  }),
  insert_timeout: duration({
    default: '60s',
    min: '1s',
    about: 'How long one try of an insert may take; it is repeated under the same token.',
  }),
  query_timeout: duration({
    default: '5m',
    min: '1s',
    about: 'How long a server may stay silent during a statement.',
  }),
  retry_timeout: duration({
    default: '2m',
    min: '0s',
    about: 'How long all tries of one insert may take together.',
  }),
  retention: text({
    about:
      'How long rows are kept, by their packet time: `default`, `none` or `TABLE=30d,…`; an ' +
      'estimator that may alter tables applies it at its start. Not set: as it is.',
  }),
  cluster: text({
    pattern: /^\w+$/,
    expects: 'the name of a cluster, of letters, digits and _',
    about: 'Cluster on which tables are replicated and distributed; absent: one server.',
  }),
})
