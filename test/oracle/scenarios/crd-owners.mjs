// Owners of fields in versions that a kind has not, or has no longer: removed from a definition, or of another group.
const G = '{{id}}.example.test', P = 'gadgets', CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const schema = { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' }, l: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' } } }, status: { type: 'object', properties: { s: { type: 'string' } } } } } }
const v = (name, storage, served = true) => ({ name, served, storage, schema, subresources: { status: {} } })
const crd = (...versions) => ({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: `${P}.${G}` },
  spec: { group: G, scope: 'Namespaced', names: { plural: P, singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' }, versions } })
const MERGE = { 'content-type': 'application/merge-patch+json' }, JSONP = { 'content-type': 'application/json-patch+json' }, APPLY = { 'content-type': 'application/apply-patch+yaml' }
const at = (ver, name, sub = '') => `/apis/${G}/${ver}/namespaces/{{ns}}/${P}${name ? '/' + name : ''}${sub}`
const cr = (ver, name, spec, more = {}) => ({ apiVersion: `${G}/${ver}`, kind: 'Gadget', metadata: { name, ...more }, spec })
const apply = (ver, name, m, spec, q = '', sub = '') => ({ method: 'PATCH', path: `${at(ver, name, sub)}?fieldManager=${m}${q}`, headers: APPLY, body: cr(ver, name, spec) })
const setVersions = (...versions) => ({ method: 'PATCH', path: `${CRDS}/${P}.${G}`, headers: MERGE, body: { spec: { versions } } })
const entry = (apiVersion, m = 'x', operation = 'Update') => ({ manager: m, operation, apiVersion, time: '2024-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1: { 'f:spec': { 'f:b': {} } } })
const get = (n) => ({ path: at('v1', n) })
const put = (n, spec, more) => ({ method: 'PUT', path: `${at('v1', n)}?fieldManager=p`, body: cr('v1', n, spec, more) })
export default [{ name: 'crd-owners/gone-version', steps: [
  { method: 'POST', path: CRDS, body: crd(v('v1beta1', true)), ignore: true },
  { path: `/apis/${G}/v1beta1/${P}?limit=1`, until: ['status', 200], ignore: true },
  apply('v1beta1', 'one', 'a', { a: '1' }),
  apply('v1beta1', 'four', 'a', { a: '1' }),
  apply('v1beta1', 'five', 'a', { a: '1' }),
  apply('v1beta1', 'six', 'a', { a: '1' }),
  { method: 'POST', path: `${at('v1beta1')}?fieldManager=c`, body: cr('v1beta1', 'two', { a: '1', l: ['x'] }) },
  setVersions(v('v1beta1', false), v('v1', true)),
  { path: `/apis/${G}/v1/${P}?limit=1`, until: ['status', 200], ignore: true },
  ...['one', 'two', 'four', 'five', 'six'].map((n) => ({ ...apply('v1', n, 'b', { b: '1' }) })),
  apply('v1', 'three', 'b', { b: '1' }),
  setVersions(v('v1beta1', false, false), v('v1', true)),
  { sleep: 500, path: '/version', ignore: true },
  // not served, but there
  apply('v1', 'one', 'b', { b: '2' }),
  { method: 'PATCH', path: `${CRDS}/${P}.${G}/status`, headers: MERGE, body: { status: { storedVersions: ['v1'] } }, ignore: true },
  setVersions(v('v1', true)),
  { path: `/apis/${G}/v1beta1/${P}?limit=1`, until: ['status', 404], ignore: true },
  get('one'),
  apply('v1', 'one', 'a', { a: '2' }),
  apply('v1', 'one', 'a', { a: '2' }, '&force=true'),
  apply('v1', 'one', 'b', { b: '2' }),
  apply('v1', 'one', 'b', { b: '2' }, '&dryRun=All'),
  apply('v1', 'two', 'b', { b: '3' }),
  apply('v1', 'three', 'b', { b: '3' }),
  { method: 'PATCH', path: `${at('v1', 'one', '/status')}?fieldManager=s`, headers: APPLY, body: { apiVersion: `${G}/v1`, kind: 'Gadget', metadata: { name: 'one' }, status: { s: 'x' } } },
  { method: 'PATCH', path: `${at('v1', 'six', '/status')}?fieldManager=s`, headers: MERGE, body: { status: { s: 'x' } } },
  { method: 'PATCH', path: `${at('v1', 'four')}?fieldManager=m`, headers: MERGE, body: { spec: { b: 'z' } } },
  get('four'),
  apply('v1', 'four', 'b', { b: 'q' }),
  apply('v1', 'four', 'b', { b: 'q' }, '&force=true'),
  put('five', { a: 'k', b: 'k' }),
  get('five'),
  // the advertised way out
  { method: 'PATCH', path: `${at('v1', 'two')}?fieldManager=m`, headers: JSONP, body: [{ op: 'replace', path: '/metadata/managedFields/0/apiVersion', value: `${G}/v1` }] },
  get('two'),
  { method: 'PATCH', path: `${at('v1', 'one')}?fieldManager=m`, headers: JSONP, body: [{ op: 'replace', path: '/metadata/managedFields', value: [{}] }] },
  apply('v1', 'one', 'a', { a: '3' }),
] }, { name: 'crd-owners/foreign-version', steps: [
  { method: 'POST', path: CRDS, body: crd(v('v1', true)), ignore: true },
  { path: `/apis/${G}/v1/${P}?limit=1`, until: ['status', 200], ignore: true },
  ...['one', 'two', 'three'].map((n) => apply('v1', n, 'b', { b: '1' })),
  ...['v1', 'apps/v1', 'apps/v1beta9', `${G}/v7`, 'a/b/c', '', 'apps/'].flatMap((gv, i) => [
    { method: 'POST', path: `${at('v1')}?fieldManager=c`, body: cr('v1', `p${i}`, { a: '1', b: '2' }, { managedFields: [entry(gv)] }) },
    { method: 'PATCH', path: `${at('v1', 'one')}?fieldManager=m`, headers: MERGE, body: { metadata: { managedFields: [entry(gv), entry(`${G}/v1`, 'b', 'Apply')] }, spec: { a: `v${i}` } } },
    get('one'),
    apply('v1', 'one', 'b', { b: `${i}` }),
  ]),
  { method: 'DELETE', path: `${CRDS}/${P}.${G}`, ignore: true },
] }, { name: 'crd-owners/built-in-kind', steps: [
  ...['apps/v1', 'apps/v1beta9', `v7`, 'a/b/c', '', 'apps/', 'autoscaling/v1'].flatMap((gv, i) => [
    { method: 'PATCH', path: `/api/v1/namespaces/{{ns}}/configmaps/c${i}?fieldManager=b`, headers: APPLY, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${i}` }, data: { a: '1', b: '1' } } },
    { method: 'PATCH', path: `/api/v1/namespaces/{{ns}}/configmaps/c${i}?fieldManager=m`, headers: MERGE, body: { metadata: { managedFields: [{ ...entry(gv), fieldsV1: { 'f:data': { 'f:b': {} } } }, { ...entry('v1', 'b', 'Apply'), fieldsV1: { 'f:data': { 'f:a': {} } } }] }, data: { b: `v${i}` } } },
    { method: 'PATCH', path: `/api/v1/namespaces/{{ns}}/configmaps/c${i}?fieldManager=b`, headers: APPLY, body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `c${i}` }, data: { a: '2' } } },
  ]),
] }]
