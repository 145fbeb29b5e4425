import { flag, type Section } from '../flag.js'
import { bool, string } from '../values/types.js'
import { versionFlagType } from '../version.js'

export const global: Section = {
  name: 'Global',
  flags: [
    flag({ name: 'help', short: 'h', type: bool, default: false, help: 'Print this and exit.', noEffect: '' }),
    flag({
      name: 'version',
      type: versionFlagType,
      default: 'false',
      alone: 'true',
      help: '--version prints the version and exits, --version=raw prints all that is known about it; --version=vX.Y.Z... changes the version that the server reports.',
      noEffect: '',
    }),
  ],
}

/** What kube-apiserver does not have. */
export const own: Section = {
  name: 'Kats',
  flags: [
    flag({
      name: 'data-dir',
      type: string,
      default: '/var/lib/kats',
      help: 'Folder of the embedded store. It is made if it is not there.',
      apply: (draft, value) => {
        draft.store.dataDir = value
      },
    }),
    flag({
      name: 'unsafe-no-fsync',
      type: bool,
      default: false,
      help: 'Answer writes before they are on disk. A crash of the machine, not of the server, may lose the last of them.',
      apply: (draft, value) => {
        draft.store.fsync = !value
      },
    }),
  ],
}
