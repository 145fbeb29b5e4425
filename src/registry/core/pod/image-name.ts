/** Image references: distribution/reference, ParseNormalizedNamed, as pkg/util/parsers uses it. */

const domainPart = '(?:[a-zA-Z0-9]+(?:-+[a-zA-Z0-9]+)*)'
const domain = `(?:${domainPart}(?:\\.${domainPart})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const pathPart = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const tag = '[\\w][\\w.-]{0,127}'
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const reference = new RegExp(`^(${domain})/(${pathPart}(?:/${pathPart})*)(?::(${tag}))?(?:@(${digest}))?$`)
const bareDigest = /^[a-f0-9]{64}$/
const digestLength: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sha384', 96],
  ['sha512', 128],
])
const longestName = 255

/**
 * The tag of an image: `latest` where neither tag nor digest is given, empty where only a digest is, or where the text is
 * no image reference.
 */
export function imageTag(image: string): string {
  if (bareDigest.test(image)) return ''
  const { host, path } = splitDomain(image)
  const name = path.includes(':') ? path.slice(0, path.indexOf(':')) : path
  // A digest in capital letters is fine behind a tag only: without one it counts as part of the name here.
  if (name !== name.toLowerCase()) return ''
  const parts = reference.exec(`${host}/${path}`)
  if (parts === null || parts[2]!.length > longestName || !validDigest(parts[4])) return ''
  return parts[3] ?? (parts[4] === undefined ? 'latest' : '')
}

/** Upstream: imagePullPolicy of containers and image volumes that do not tell one. */
export const defaultPullPolicy = (image: string): string => (imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent')

function splitDomain(image: string): { host: string; path: string } {
  const slash = image.indexOf('/')
  const first = image.slice(0, slash)
  const isHost = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  const host = isHost && first !== 'index.docker.io' ? first : 'docker.io'
  const path = isHost ? image.slice(slash + 1) : image
  return { host, path: host === 'docker.io' && !path.includes('/') ? `library/${path}` : path }
}

function validDigest(text: string | undefined): boolean {
  if (text === undefined) return true
  const colon = text.indexOf(':')
  const hex = text.slice(colon + 1)
  return digestLength.get(text.slice(0, colon)) === hex.length && hex === hex.toLowerCase()
}
