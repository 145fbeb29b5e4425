import {
  clientConfigOf,
  type Dialer,
  ReviewClient,
  type ReviewKind,
  type ReviewResult,
  readKubeconfig,
} from '../../http/index.js'

/** @throws Error if the kubeconfig cannot be used */
export async function reviewClient(
  kubeconfig: string,
  kind: ReviewKind,
  options: {
    readonly dial: Dialer | undefined
    readonly timeoutMs?: number
    readonly observe?: (result: ReviewResult, seconds: number) => void
  },
): Promise<ReviewClient> {
  return new ReviewClient(clientConfigOf(await readKubeconfig(kubeconfig)), kind, options)
}
