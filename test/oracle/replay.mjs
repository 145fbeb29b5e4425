// Replays HTTP exchanges that were recorded against kube-apiserver 1.36.3 and tells where a server differs.
// Steps and normalisation: README.md beside this file.
import crypto from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

/** Where the server is, who asks, and what the oracle's own webhook server shows; set by `replay`. */
const args = { server: '' }
const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false, maxSockets: 16 });
const plainAgent = new http.Agent({ keepAlive: true, maxSockets: 16 });
const TOKENS = { admin: 'admintoken', jane: 'janetoken', bob: 'bobtoken', none: undefined, bad: 'not-a-token' };

// ---- one HTTP exchange -------------------------------------------------------------------------------------------
function send(step) {
  const url = new URL(step.path, args.server);
  const headers = { accept: 'application/json', 'user-agent': 'oracle', ...(step.headers ?? {}) };
  for (const k of Object.keys(headers)) if (headers[k] === null) delete headers[k];
  const token = TOKENS[step.as ?? 'admin'] ?? step.token;
  if (token) headers.authorization = `Bearer ${token}`;
  let body;
  if (step.bodyRepeat) { const [before, unit, times, after] = step.bodyRepeat; step = { ...step, body: before + unit.repeat(times) + after }; }
  if (step.body !== undefined) {
    body = typeof step.body === 'string' ? step.body : JSON.stringify(step.body);
    headers['content-type'] ??= { PATCH: 'application/merge-patch+json' }[step.method] ?? 'application/json';
    headers['content-length'] = Buffer.byteLength(body);
  }
  const lib = url.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    const req = lib.request(url, { method: step.method ?? 'GET', headers, agent: url.protocol === 'https:' ? agent : plainAgent }, (res) => {
      const chunks = [];
      res.on('data', (c) => chunks.push(c));
      const done = () => resolve({ status: res.statusCode, headers: res.headers, text: Buffer.concat(chunks).toString('utf8') });
      res.on('end', done);
      res.on('aborted', done);
      res.on('error', done);
    });
    req.setTimeout(20000, () => req.destroy(new Error('timeout')));
    req.on('error', (e) => resolve({ status: 0, headers: {}, text: `client error: ${e.code ?? e.message}` }));
    req.end(body);
  });
}

const KEPT_HEADERS = ['content-type', 'warning', 'retry-after', 'allow', 'location', 'cache-control', 'www-authenticate'];

function parseBody(r) {
  const type = r.headers['content-type'] ?? '';
  if (!type.includes('json')) return r.text;
  try {
    return JSON.parse(r.text);
  } catch {
    const lines = r.text.split('\n').filter(Boolean); // a watch stream: one JSON document a line
    try {
      return { $stream: lines.map((l) => JSON.parse(l)) };
    } catch {
      return r.text;
    }
  }
}

// ---- normalisation: what may differ between two correct servers becomes a placeholder ------------------------------
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const near = (s) => Math.abs(Date.parse(s) - Date.now()) < 2 * 24 * 3600 * 1000;

// A refused object printed inside a message ("Invalid value: {...}: field is immutable") is its Go value: too much to ask for.
function dumpless(s) {
  let out = '';
  for (let i = 0; ;) {
    const found = /(Invalid|Duplicate) value: (?=\[?\{")/.exec(s.slice(i));
    if (!found) return out + s.slice(i);
    const from = i + found.index + found[0].length;
    let depth = 0, quoted = false, end = from;
    for (; end < s.length; end++) {
      const c = s[end];
      if (quoted) { if (c === '\\') end++; else if (c === '"') quoted = false; } else if (c === '"') quoted = true;
      else if (c === '{' || c === '[') depth++;
      else if ((c === '}' || c === ']') && --depth === 0) { end++; break; }
    }
    out += s.slice(i, from) + '<object>';
    i = end;
  }
}

class Normaliser {
  constructor(vars) {
    this.vars = vars;
    this.uids = new Map();
    this.rvs = new Map();
  }
  label(map, value, prefix) {
    if (!map.has(value)) map.set(value, `<${prefix}${map.size + 1}>`);
    return map.get(value);
  }
  text(s) {
    for (const [k, v] of Object.entries(this.vars)) if (v) s = s.replaceAll(v, `{{${k}}}`);
    return dumpless(s)
      .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '<jwt>')
      .replace(/\bselfType\d+/g, 'selfType<n>')
      .replace(/(ResourceVersion in record \()(\d+)/g, (m, before, rv) => before + this.label(this.rvs, rv, 'rv'))
      .replace(/hash=[0-9A-Fa-f]{32,}/g, 'hash=<hash>')
      .replace(/serverAddress: \S+/g, 'serverAddress: <address>')
      .replace(/storageVersionHash: \S+/g, 'storageVersionHash: <hash>')
      .replace(/https:\/\/[\d.]+:\d+\/openid/g, 'https://<address>/openid')
      .replace(/(ResourceVersion in (?:record|the precondition)) \((\d{2,})\)/g, (m, before, rv) => `${before} (${this.label(this.rvs, rv, 'rv')})`)
      .replace(/(too old resource version: \d+) \(\d+\)/g, '$1 (<rv>)')
      .replace(/(Too large resource version: \d+, current: )\d+/g, '$1<rv>')
      .replace(/(resourceVersion\\*"?:\s*\\*")(\d+)/g, (m, before, rv) => (rv === '0' ? m : before + this.label(this.rvs, rv, 'rv')))
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, (u) => this.label(this.uids, u, 'uid'))
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (t) => (near(t) ? (t.includes('.') ? '<microtime>' : '<time>') : t));
  }
  walk(v, key, parent, isList) {
    if (key === 'finalizers' && Array.isArray(v) && v.some((f) => f === 'foregroundDeletion' || f === 'orphan')) v = [...v].sort(); // added to a set
    if (Array.isArray(v)) return v.map((x) => this.walk(x, key, parent));
    if (v && typeof v === 'object') {
      // groups of other scenarios' custom resources and extension servers come and go
      if (v.kind === 'APIGroupList' && Array.isArray(v.groups)) v = { ...v, groups: v.groups.filter((g) => !String(g?.name).endsWith('.test')) };
      if (v.kind === 'APIGroupDiscoveryList' && Array.isArray(v.items)) v = { ...v, items: v.items.filter((g) => !String(g?.metadata?.name).endsWith('.test')) };
      const list = typeof v.kind === 'string' && Array.isArray(v.items);
      const table = v.kind === 'Table';
      const out = {};
      for (const k of Object.keys(v)) {
        if (k === 'metadata' && (list || table) && v.metadata && typeof v.metadata === 'object') {
          out[k] = { ...v.metadata };
          if (out[k].resourceVersion) out[k].resourceVersion = '<listrv>';
          if (out[k].continue) out[k].continue = '<continue>';
          continue;
        }
        if (table && k === 'columnDefinitions' && Array.isArray(v[k])) { // their descriptions are texts, not behaviour
          out[k] = v[k].map(({ description, ...c }) => c);
          continue;
        }
        if (k === 'object' && v.type === 'BOOKMARK') { // its resourceVersion is the store's, not an object's
          out[k] = this.walk({ ...v[k], metadata: { ...v[k]?.metadata, resourceVersion: '' } }, k, v);
          if (v[k]?.metadata?.resourceVersion) out[k].metadata.resourceVersion = '<listrv>';
          continue;
        }
        out[this.text(k)] = this.walk(v[k], k, v, list);
      }
      if (typeof out.generateName === 'string' && typeof out.name === 'string' && out.name.startsWith(out.generateName))
        out.name = `${out.generateName}<random>`;
      return out;
    }
    if ((key === 'nodePort' || key === 'healthCheckNodePort') && v > 30085) return '<nodePort>'; // those up to 30085 are only given when asked for
    if (typeof v === 'number' && String(v) === this.vars.hookport) return '{{hookport}}';
    if (typeof v !== 'string') return v;
    if (key === 'cells' && /^(\d+(ms|s|m|h|d|y))+$/.test(v)) return '<age>';
    if (key === 'cells') v = v.replace(/\((\d+[smhdy])+ ago\)$/, '(<age> ago)');
    if (key === 'resourceVersion') return v === '' || v === '0' ? v : this.label(this.rvs, v, 'rv');
    if (key === 'serverAddress') return '<address>';
    if (key === 'storageVersionHash') return '<hash>';
    if (key === 'uid' && v) return this.label(this.uids, v, 'uid');
    if (key === 'cells' && /^10\.0\.0\.\d+$/.test(v)) return '<clusterIP>';
    if (key === 'clusterIP' || key === 'clusterIPs') return /^(\d+\.){3}\d+$/.test(v) ? '<clusterIP>' : v;
    if (TIME.test(v) && near(v)) return v.includes('.') ? '<microtime>' : '<time>';
    return this.text(v);
  }
}

function normalise(r, norm, more = []) {
  const headers = {};
  for (const h of [...KEPT_HEADERS, ...more]) if (r.headers[h] !== undefined) headers[h] = norm.text(String(r.headers[h]));
  const body = parseBody(r);
  return { status: r.status, headers, body: typeof body === 'string' ? norm.text(body).slice(0, 20000) : norm.walk(body) };
}

// ---- running a scenario ------------------------------------------------------------------------------------------
const get = (o, p) => p.split('.').reduce((x, k) => (x === undefined || x === null ? undefined : x[k]), o);

function fill(value, ctx) {
  const whole = typeof value === 'string' && /^\{\{([\w-]+):\$\}\}$/.exec(value); // {{one:$}}: the whole saved body
  if (whole) return { ...ctx.saved[whole[1]], $status: undefined, $headers: undefined };
  if (typeof value === 'string')
    return value.replace(/\{\{([\w-]+)(?::([\w.$-]+))?\}\}/g, (m, name, p) => {
      if (p === undefined) return ctx.vars[name] ?? m;
      const found = get(ctx.saved[name], p);
      return found === undefined ? `missing-${name}-${p}` : String(found);
    });
  if (Array.isArray(value)) return value.map((v) => fill(v, ctx));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([k, v]) => [fill(k, ctx), fill(v, ctx)]));
  return value;
}

async function runScenario(sc, shared) {
  const id = crypto.randomBytes(4).toString('hex').replace(/^\d/, 'a');
  const ctx = { vars: { ns: `ns-${id}`, id: `x${id}`, ...shared }, saved: {} };
  const norm = new Normaliser(ctx.vars);
  const background = {};
  const out = [];
  if (sc.namespace !== false) await send({ method: 'POST', path: '/api/v1/namespaces', body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ctx.vars.ns } } });
  for (const raw of sc.steps) {
    const step = fill(raw, ctx);
    if (step.sleep) { await new Promise((r) => setTimeout(r, step.sleep)); continue; }
    if (step.start) { background[step.start] = send(step); await new Promise((r) => setTimeout(r, 250)); continue; }
    let r;
    if (step.collect) r = await background[step.collect];
    else if (step.until) { // poll: for what a server does by itself, some time later
      const [p, want] = step.until;
      for (let i = 0; i < 60; i++) {
        r = await send(step);
        const got = get({ status: r.status, body: parseBody(r) }, p);
        if (want instanceof Object ? got !== undefined && got !== null : String(got) === String(want)) break;
        await new Promise((res) => setTimeout(res, 150));
      }
    } else r = await send(step);
    const body = parseBody(r);
    if (raw.save) ctx.saved[raw.save] = { ...(typeof body === 'object' ? body : {}), $status: r.status, $headers: r.headers };
    if (raw.ignore) continue;
    const response = normalise(r, norm, raw.keep);
    if (raw.pick !== undefined && r.status < 300) response.body = { [raw.pick]: get(response.body, raw.pick) };
    out.push({ step: raw.note ? { ...raw, body: undefined } : raw, response });
  }
  for (const raw of sc.cleanup ?? []) await send(fill(raw, ctx));
  return out;
}

// ---- comparing ---------------------------------------------------------------------------------------------------
function diff(want, got, at, out) {
  if (out.length > 40) return;
  if (want === got) return;
  if (Array.isArray(want) && Array.isArray(got)) {
    for (let i = 0; i < Math.max(want.length, got.length); i++) diff(want[i], got[i], `${at}[${i}]`, out);
    return;
  }
  if (want && got && typeof want === 'object' && typeof got === 'object' && !Array.isArray(want) && !Array.isArray(got)) {
    for (const k of new Set([...Object.keys(want), ...Object.keys(got)])) diff(want[k], got[k], `${at}.${k}`, out);
    return;
  }
  out.push({ at, want, got });
}
const without = (v) => JSON.parse(JSON.stringify(v, (k, x) => (k === 'managedFields' ? undefined : typeof x === 'string' ? dumpless(x) : x)));

function anyOrder(r) { // the causes of an apply conflict come in no order; plain bookmarks of a watch come when they come
  const stream = r.body?.$stream ?? (typeof r.body?.type === 'string' && r.body.object && Object.keys(r.body).length === 2 ? [r.body] : undefined);
  if (stream) return { ...r, body: { $stream: stream.filter((e) => e?.type !== 'BOOKMARK' || e.object?.metadata?.annotations || e.object?.kind === 'Table') } };
  const causes = r.body?.reason === 'Conflict' && r.body.details?.causes;
  return Array.isArray(causes) ? { ...r, body: { ...r.body, details: { ...r.body.details, causes: [...causes].sort((a, b) => (JSON.stringify([a?.field, a?.message]) < JSON.stringify([b?.field, b?.message]) ? -1 : 1)) } } } : r;
}
// entries that were written within one second have no order of their own
const entryKey = (e) => `${e?.operation} ${e?.manager} ${e?.apiVersion} ${e?.subresource ?? ''}`;
const sorted = (v) => JSON.parse(JSON.stringify(v ?? null, (k, x) => (k === 'managedFields' && Array.isArray(x) ? [...x].sort((a, b) => (entryKey(a) < entryKey(b) ? -1 : 1)) : x)));

function compare(step, want, got) {
  [want, got] = [anyOrder(want), anyOrder(got)];
  const d = [];
  if (want.status !== got.status) d.push({ at: 'status', want: want.status, got: got.status, message: got.body?.message ?? String(got.body).slice(0, 200) });
  else {
    const loose = step.loose ?? [];
    for (const h of [...KEPT_HEADERS, ...(step.keep ?? [])]) if (want.headers[h] !== got.headers[h] && !loose.includes(h)) d.push({ at: `header ${h}`, want: want.headers[h], got: got.headers[h] });
    if (!loose.includes('body')) diff(without(want.body), without(got.body), '', d);
  }
  const managed = [];
  if (!d.length && !step.loose?.includes('body')) diff(sorted(want.body), sorted(got.body), '', managed);
  return { d, managed };
}

// ---- a webhook and extension API server for scenarios that need one -------------------------------------------------
function startHelper({ cert, key }) {
  const server = https.createServer({ key, cert }, (req, res) => {
    let data = '';
    req.on('data', (c) => (data += c));
    req.on('end', () => helperAnswer(req, data, res));
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({
    port: server.address().port, url: `https://localhost:${server.address().port}`, ca: Buffer.from(cert).toString('base64'),
    close: () => { server.close(); server.closeAllConnections(); } })));
}
function helperAnswer(req, data, res) {
  const json = (o, code = 200) => { res.writeHead(code, { 'content-type': 'application/json' }); res.end(JSON.stringify(o)); };
  const u = new URL(req.url, 'https://localhost');
  if (u.pathname.startsWith('/apis')) { // an extension API server: group demo.example.test/v1, one resource
    const info = { user: req.headers['x-remote-user'], group: req.headers['x-remote-group'] };
    if (u.pathname === '/apis') return json({ kind: 'APIGroupList', apiVersion: 'v1', groups: [] });
    if (/^\/apis\/[^/]+\/v1$/.test(u.pathname)) return json({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: u.pathname.slice(6),
      resources: [{ name: 'echoes', singularName: 'echo', namespaced: true, kind: 'Echo', verbs: ['get', 'list'] }] });
    return json({ apiVersion: 'demo.example.test/v1', kind: 'Echo', metadata: { name: 'echo' }, path: u.pathname, query: u.search, info });
  }
  let review;
  try { review = JSON.parse(data); } catch { return json({}, 400); }
  const request = review.request ?? {};
  const answer = (r) => json({ apiVersion: review.apiVersion, kind: review.kind, response: { uid: request.uid, ...r } });
  const patch = (ops) => ({ allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(ops)).toString('base64') });
  switch (u.pathname) {
    case '/allow': return answer({ allowed: true });
    case '/warn': return answer({ allowed: true, warnings: ['warned by webhook'] });
    case '/deny': return answer({ allowed: false, status: { code: 403, message: 'denied by webhook' } });
    case '/deny422': return answer({ allowed: false, status: { code: 422, reason: 'Invalid', message: 'odd shape' } });
    case '/mutate': return answer(patch([request.object?.metadata?.annotations ? { op: 'add', path: '/metadata/annotations/mutated', value: 'yes' } : { op: 'add', path: '/metadata/annotations', value: { mutated: 'yes' } }]));
    case '/badpatch': return answer(patch([{ op: 'remove', path: '/spec/does/not/exist' }]));
    case '/echo': return answer({ allowed: false, status: { message: JSON.stringify({ operation: request.operation, kind: request.kind, resource: request.resource, sub: request.subResource, name: request.name, dryRun: request.dryRun, user: request.userInfo?.username, hasOld: !!request.oldObject, hasNew: !!request.object, options: request.options }) } });
    case '/500': return json({ oops: true }, 500);
    case '/garbage': res.writeHead(200); return res.end('not json');
    case '/slow': return void setTimeout(() => answer({ allowed: true }), 3000);
    case '/convert': return json({ apiVersion: review.apiVersion, kind: review.kind, response: { uid: request.uid, result: { status: 'Success' },
      convertedObjects: request.objects.map((o) => ({ ...o, apiVersion: request.desiredAPIVersion, converted: `${o.apiVersion.split('/')[1]}->${request.desiredAPIVersion.split('/')[1]}` })) } });
    default: return json({}, 404);
  }
}

// ---- main --------------------------------------------------------------------------------------------------------
/**
 * Replays scenario files against a server.
 *
 * @param {{ server: string, files: readonly string[], certificate: { cert: string, key: string } }} options `certificate`: for
 *   the webhook server, valid for localhost
 * @returns {Promise<{ file: string, id: string, request: object, differences: object[] }[]>} the steps that differ; `id` is
 *   scenario#step, and ends in "~" if only managedFields do; and how many steps there were
 */
export async function replay({ server, files, certificate }) {
  args.server = server
  const helper = await startHelper(certificate)
  const shared = { hookurl: helper.url, hookport: String(helper.port), hookca: helper.ca }
  const found = []
  let steps = 0
  try {
    for (const file of files) {
      const scenarios = (await import(new URL(`./scenarios/${file}.mjs`, import.meta.url).href)).default
      const recorded = JSON.parse(gunzipSync(readFileSync(new URL(`./recorded/${file}.json.gz`, import.meta.url))).toString())
      for (const scenario of scenarios) {
        const want = recorded[scenario.name]
        if (want === undefined) throw new Error(`no recording of ${scenario.name}`)
        const got = await runScenario(scenario, shared)
        for (const [i, { step, response }] of want.entries()) {
          steps++
          const { d, managed } = compare(step, response, got[i]?.response ?? { status: -1, headers: {}, body: null })
          if (d.length > 0) found.push({ file, id: `${scenario.name}#${i}`, request: step, differences: d })
          else if (managed.length > 0) found.push({ file, id: `${scenario.name}#${i}~`, request: step, differences: managed })
        }
      }
    }
  } finally {
    helper.close()
    agent.destroy()
    plainAgent.destroy()
  }
  return { steps, found }
}
