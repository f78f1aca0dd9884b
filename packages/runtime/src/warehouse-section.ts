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
  tls_ca_file: path({ about: 'PEM file of the authority that signed the server’s certificate.' }),
  tls_cert_file: path({ about: 'PEM file of this client’s certificate.' }),
  tls_key_file: secretFile({ about: 'PEM file of this client’s private key.' }),
  compression: flag({ default: true, about: 'Whether requests to a server are compressed.' }),
  timeout: duration({
    default: '60s',
    min: '1s',
    about: 'How long an answer of a server may take.',
  }),
  cluster: text({
    pattern: /^\w+$/,
    expects: 'the name of a cluster, of letters, digits and _',
    about: 'Cluster on which tables are replicated and distributed; absent: one server.',
  }),
})
