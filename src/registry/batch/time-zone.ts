/** Names that the runtime's data has from elsewhere: all of three letters but some, and a few old ones. */
const notIana = /^(?!(?:CET|EET|EST|GMT|HST|MET|MST|PRC|ROC|ROK|UCT|UTC|WET)$)[A-Z]{3}$|^SystemV\/|^US\/Pacific-New$/

/**
 * Whether Go would find a time zone of this name: IANA names and their aliases, in their own letter case. The runtime's data
 * has them all but does not mind the case, so that names are compared with their canonical form, and aliases (of which it tells
 * only what they stand for) must at least begin their parts with capital letters.
 */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Z]/.test(name) || notIana.test(name)) return false
  let canonical: string
  try {
    canonical = new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone
  } catch {
    return false
  }
  if (canonical.toLowerCase() === name.toLowerCase()) return canonical === name
  return name.split('/').every((part) => /^(?:[A-Z]|GMT|UTC)/.test(part))
}
