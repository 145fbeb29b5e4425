import { expect, it } from 'vitest'
import { attributesFor, named } from '../testing.js'
import { type Review, readVerdict, reviewOf } from './review.js'

const view = {
  resource: { group: '', version: 'v1', resource: 'pods' },
  kind: { group: '', version: 'v1', kind: 'Pod' },
}

it('tells a webhook what is asked for, as the API has it', () => {
  const attributes = attributesFor('UPDATE', '/pods', named('p'), {
    subresource: 'status',
    namespace: 'ns',
    kind: view.kind,
    user: { name: 'jane', groups: ['a'], uid: '7', extra: { k: ['v'] } },
    options: { fieldManager: 'm', kind: 'PatchOptions' },
  })
  const { version, uid, body } = reviewOf(['v9', 'v1'], view, attributes, { object: named('p'), oldObject: undefined })
  expect(version).toBe('v1')
  expect(JSON.parse(body.toString())).toEqual({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      ...view,
      subResource: 'status',
      requestKind: view.kind,
      requestResource: view.resource,
      requestSubResource: 'status',
      name: 'p',
      namespace: 'ns',
      operation: 'UPDATE',
      userInfo: { username: 'jane', uid: '7', groups: ['a'], extra: { k: ['v'] } },
      object: { metadata: { name: 'p' } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'UpdateOptions', apiVersion: 'meta.k8s.io/v1', fieldManager: 'm' },
    },
  })
})

it('knows two versions of reviews', () => {
  const shown = { object: undefined, oldObject: undefined }
  expect(() => reviewOf(['v2'], view, attributesFor('CREATE', '/pods', named('p')), shown)).toThrow(
    'webhook does not accept known AdmissionReview versions (v1, v1beta1)',
  )
})

const review = (version: Review['version'] = 'v1'): Review => ({ version, uid: 'u', body: Buffer.alloc(0) })
const answer = (response: unknown, version = 'v1', kind = 'AdmissionReview'): Buffer =>
  Buffer.from(JSON.stringify({ kind, apiVersion: `admission.k8s.io/${version}`, response }))
const patch = Buffer.from('[]').toString('base64')

it.each<[unknown, boolean, string]>([
  [undefined, false, 'webhook response was absent'],
  [{ uid: 'v', allowed: true }, false, 'expected response.uid="u", got "v"'],
  [{ uid: 'u', allowed: true, patch }, false, 'validating webhook may not return response.patch'],
  [{ uid: 'u', allowed: true, patchType: 'JSONPatch' }, false, 'validating webhook may not return response.patchType'],
  [{ uid: 'u', allowed: true, patch }, true, 'webhook returned response.patch but not response.patchType'],
  [{ uid: 'u', patchType: 'JSONPatch' }, true, 'webhook returned response.patchType but not response.patch'],
  [{ uid: 'u', patch, patchType: '' }, true, 'webhook returned invalid response.patchType of ""'],
])('%j is no response', async (response, mutating, message) => {
  await expect(readVerdict(answer(response), review(), mutating)).rejects.toThrow(message)
})

it.each<[Buffer, string]>([
  [answer({ uid: 'u' }, 'v1beta1'), 'converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion'],
  [answer({ uid: 'u' }, 'v1', 'Pod'), 'no kind "Pod" is registered for version "admission.k8s.io/v1"'],
  [
    Buffer.from('{"response":{"uid":"u"}}'),
    'expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got /, Kind=',
  ],
  [answer({ uid: 'u', allowed: 'no' }), 'json: cannot unmarshal string into Go struct field'],
])('%s is none either', async (bytes, message) => {
  await expect(readVerdict(bytes, review(), false)).rejects.toThrow(message)
})

it('takes what it may of an answer in the old version', async () => {
  const response = { allowed: true, patch, warnings: ['w'], auditAnnotations: { a: 'b' } }
  expect(await readVerdict(answer(response, 'v1beta1'), review('v1beta1'), true)).toMatchObject({
    allowed: true,
    patchType: 'JSONPatch',
    warnings: ['w'],
    auditAnnotations: { a: 'b' },
  })
  expect((await readVerdict(answer(response, 'v1beta1'), review('v1beta1'), false)).patch).toHaveLength(0)
})
