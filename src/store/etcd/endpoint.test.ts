import { expect, test } from 'vitest'
import { addressOf } from './endpoint.js'

test.each([
  ['127.0.0.1:2379', false, { url: 'http://127.0.0.1:2379' }],
  ['127.0.0.1:2379', true, { url: 'https://127.0.0.1:2379' }],
  ['http://etcd:2379', true, { url: 'http://etcd:2379' }],
  ['https://[::1]:2379/', false, { url: 'https://[::1]:2379' }],
  ['http://etcd:2379/some/path', false, { url: 'http://etcd:2379' }],
  ['unix:///run/etcd.sock', false, { url: 'http://localhost', socket: '/run/etcd.sock' }],
  ['unixs://etcd.sock', false, { url: 'https://localhost', socket: 'etcd.sock' }],
])('%s (certificates: %s) is where upstream goes', (server, hasTls, address) => {
  expect(addressOf(server, hasTls)).toEqual(address)
})

test.each(['', 'http://', 'ftp://etcd:1', 'a b:x', 'http://user@etcd:1:2'])('%j is no address', (server) => {
  expect(() => addressOf(server, false)).toThrow('is not the URL of an etcd server')
})
