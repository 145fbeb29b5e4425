import { expect, it } from 'vitest'
import { decodeDocument } from './decode-document.js'

const type = { group: 'g.x', version: 'v1', kind: 'K' }

it.each(['{"apiVersion":"g.x/v1","kind":"K","a":[1]}', 'apiVersion: g.x/v1\nkind: K\na: [1]\n'])(
  'reads %j',
  async (text) => {
    const document = await decodeDocument(Buffer.from(text))
    expect([document.type, (document.value as { a: unknown }).a]).toEqual([type, [1]])
  },
)

it.each([
  ['{"kind":"K"} x', "couldn't get version/kind; json parse error: invalid character 'x' after top-level value"],
  [
    '  {kind: K}',
    "couldn't get version/kind; json parse error: invalid character 'k' looking for beginning of object key string",
  ],
  ['["K"]', "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct"],
])('refuses %j', async (text, message) => {
  await expect(decodeDocument(Buffer.from(text))).rejects.toThrow(message)
})
