const slash = 47

/** A path without the slashes at its end. No regular expression does this in linear time: paths come from anybody, and may be long. */
export function withoutLastSlashes(path: string): string {
  let end = path.length
  while (end > 0 && path.charCodeAt(end - 1) === slash) end--
  return end === path.length ? path : path.slice(0, end)
}
