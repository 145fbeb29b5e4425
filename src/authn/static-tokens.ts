import { hash } from 'node:crypto'
import type { UserInfo } from '../http/index.js'
import type { TokenAuthenticator } from './authenticator.js'

/**
 * `--token-auth-file`: lines of token, user, uid and, quoted, groups. Tokens are kept and compared as hashes.
 *
 * @throws Error for a file that cannot be understood
 * @see apiserver pkg/authentication/token/tokenfile
 */
export function staticTokens(csv: string, path: string, warn: (text: string) => void): TokenAuthenticator {
  const users = new Map<string, UserInfo>()
  let number = 0
  for (const record of parseCsv(csv)) {
    if (record.length < 3) {
      throw new Error(
        `token file '${path}' must have at least 3 columns (token, user name, user uid), found ${record.length}`,
      )
    }
    number++
    const [token, name, uid, groups] = record as [string, string, string, string?]
    if (token === '') {
      warn(`empty token has been found in token file '${path}', record number '${number}'`)
      continue
    }
    const key = hash('sha256', token)
    if (users.has(key)) warn(`duplicate token has been found in token file '${path}', record number '${number}'`)
    users.set(key, { name, ...(uid === '' ? {} : { uid }), groups: groups === undefined ? [] : groups.split(',') })
  }
  return {
    authenticateToken(token) {
      const user = users.get(hash('sha256', token))
      return user === undefined ? undefined : { user, audiences: undefined }
    },
  }
}

/** RFC 4180 with Go's strictness: a quote inside a bare field, or text after a closing one, is an error. */
function parseCsv(text: string): string[][] {
  const records: string[][] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  let record: string[] = []
  while (field.lastIndex < text.length || record.length > 0) {
    const at = field.lastIndex
    const match = field.exec(text)
    if (match === null) throw new Error(`parse error on record ${records.length + 1}, byte ${at}: bare or extraneous "`)
    const [, quoted, bare, end] = match
    record.push(quoted === undefined ? bare! : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (record.length > 1 || record[0] !== '' || quoted !== undefined) records.push(record)
    record = []
    if (end === '') break
  }
  return records
}
