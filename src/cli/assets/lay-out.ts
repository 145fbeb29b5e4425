import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../parse.js'
import { shellQuoted } from '../shell-quoted.js'

/** What runs the files of an assets folder: the interpreter, and the executable of this package that is given their name. */
export interface AssetRunner {
  readonly interpreter: string
  readonly executable: string
}

/** The programs that envtest starts from the folder of KUBEBUILDER_ASSETS. */
const programs = ['kube-apiserver', 'etcd'] as const

/**
 * Makes a folder that envtest (sigs.k8s.io/controller-runtime, and its likes in other languages) takes for its
 * KUBEBUILDER_ASSETS. The files name this installation by its path: they are of no use when that is gone.
 *
 * @returns the folder
 * @throws UsageError if no folder is given
 */
export function layOutAssets(args: readonly string[], { interpreter, executable }: AssetRunner): string {
  const [folder, ...rest] = args
  if (folder === undefined || folder.startsWith('-') || rest.length > 0) throw new UsageError('usage: kats assets DIR')
  mkdirSync(folder, { recursive: true })
  for (const program of programs) {
    // `exec`: the signals that are meant for the program reach it, and no shell stays behind.
    const script = `#!/bin/sh\nexec ${shellQuoted(interpreter)} ${shellQuoted(executable)} ${program} "$@"\n`
    writeFileSync(join(folder, program), script, { mode: 0o755 })
  }
  return folder
}
