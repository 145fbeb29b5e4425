import type { Library } from '../library.js'
import { RegexCache } from '../regex-cache.js'
import { authorizerLibrary, authorizerSelectorsLibrary } from './authorizer.js'
import { cidrLibrary } from './cidr.js'
import { extendedListsLibrary } from './extended-lists.js'
import { formatsLibrary } from './formats.js'
import { ipLibrary } from './ip.js'
import { listsLibrary } from './lists.js'
import { quantityLibrary } from './quantity.js'
import { regexLibrary } from './regex.js'
import { semverLibrary } from './semver.js'
import { setsLibrary } from './sets.js'
import { stringsLibrary } from './strings.js'
import { urlsLibrary } from './urls.js'

/** New expressions may use what servers of one minor version before know too, so that a rollback understands them. */
export const defaultCompatibleMinor = 35

/**
 * What every environment of Kubernetes has besides the language itself. Source: apiserver pkg/cel/environment/base.go.
 *
 * @param regexes shared by all expressions of an environment
 */
export function kubernetesLibraries(regexes = new RegexCache()): readonly Library[] {
  return [
    urlsLibrary(),
    regexLibrary(regexes),
    listsLibrary(),
    authorizerLibrary(),
    quantityLibrary(),
    stringsLibrary(),
    setsLibrary(),
    ipLibrary(),
    cidrLibrary(),
    formatsLibrary(),
    authorizerSelectorsLibrary(),
    semverLibrary(),
    extendedListsLibrary(),
  ]
}
