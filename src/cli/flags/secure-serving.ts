import type { TlsVersion } from '../../server/index.js'
import { flag, type Section } from '../flag.js'
import { bool, int, int32Slice, ip, type NamedCertKey, namedCertKey, string, strings } from '../values/types.js'

export const secureServing: Section = {
  name: 'Secure serving',
  flags: [
    flag({
      name: 'bind-address',
      type: ip,
      default: '0.0.0.0',
      help: 'IP address to listen on. 0.0.0.0 and :: stand for all interfaces.',
      apply: (draft, value) => {
        draft.secureServing.bindAddress = value
      },
    }),
    flag({
      name: 'cert-dir',
      type: string,
      default: '/var/run/kubernetes',
      help: 'Folder where a self-signed certificate is made and found again, if none is given. Not looked at with --tls-cert-file and --tls-private-key-file.',
      apply: (draft, value) => {
        draft.secureServing.certDir = value
      },
    }),
    flag({
      name: 'disable-http2-serving',
      type: bool,
      default: false,
      help: 'Serve HTTP/1.1 only.',
      apply: (draft, value) => {
        draft.secureServing.http2 = !value
      },
    }),
    flag({
      name: 'http2-max-streams-per-connection',
      type: int,
      default: 0,
      help: 'Requests at once on one HTTP/2 connection. 0 leaves it to the server: 100.',
      apply: (draft, value) => {
        if (value !== 0) draft.secureServing.http2MaxStreamsPerConnection = value
      },
    }),
    flag({
      name: 'permit-address-sharing',
      type: bool,
      default: false,
      help: 'Listen with SO_REUSEADDR, so that a port can be taken over while old connections to it fade out.',
      noEffect: 'Node always listens with SO_REUSEADDR',
    }),
    flag({
      name: 'permit-port-sharing',
      type: bool,
      default: false,
      help: 'Listen with SO_REUSEPORT, so that several processes may share the port.',
      notBuilt: 'sharing of the port',
    }),
    flag({
      name: 'secure-port',
      type: int,
      default: 6443,
      help: 'Port for HTTPS. It cannot be turned off with 0.',
      apply: (draft, value) => {
        draft.secureServing.port = value
      },
    }),
    flag({
      name: 'tls-cert-file',
      type: string,
      default: '',
      help: 'Certificate to serve, followed in the file by those of its authorities. Needs --tls-private-key-file. Without it a self-signed one is made in --cert-dir.',
      apply: (draft, value) => {
        if (value !== '') draft.secureServing.certificate = { kind: 'files', certFile: value, keyFile: '' }
      },
    }),
    flag({
      name: 'tls-cipher-suites',
      type: strings,
      default: [],
      help: 'Cipher suites for TLS 1.2, by their IANA names. Without it the defaults of Node are used.',
      apply: (draft, value) => {
        draft.secureServing.cipherSuites = value
      },
    }),
    flag({
      name: 'tls-curve-preferences',
      type: int32Slice,
      default: [],
      help: 'Key exchanges that are allowed, by their numbers in Go: 23 is P-256, 24 P-384, 25 P-521, 29 X25519; their order counts for nothing. Without it the defaults of Node are used.',
      apply: (draft, value) => {
        draft.secureServing.curvePreferences = value
      },
    }),
    flag({
      name: 'tls-min-version',
      type: string,
      default: '',
      help: 'Oldest version of TLS to accept: VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13.',
      apply: (draft, value) => {
        // Whether it is one of the four is for validation to say, together with all other problems.
        if (value !== '') draft.secureServing.minTlsVersion = value as TlsVersion
      },
    }),
    flag({
      name: 'tls-private-key-file',
      type: string,
      default: '',
      help: 'Private key of --tls-cert-file.',
      apply: (draft, value) => {
        const { certificate } = draft.secureServing
        const certFile = certificate?.kind === 'files' ? certificate.certFile : ''
        if (value !== '') draft.secureServing.certificate = { kind: 'files', certFile, keyFile: value }
      },
    }),
    flag({
      name: 'tls-sni-cert-key',
      type: namedCertKey,
      default: [] as readonly NamedCertKey[],
      help: 'Certificate and key files for clients that ask for certain names, for example "a.crt,a.key" or "b.crt,b.key:*.foo.com,foo.com". Without names, those of the certificate count. Repeat the flag for more.',
      apply: (draft, value) => {
        draft.secureServing.sniCertificates = value.map(({ certFile, keyFile, names }) => ({
          pair: { kind: 'files', certFile, keyFile },
          names,
        }))
      },
    }),
  ],
}
