// What main may use of cli/.
export { type Host, run } from './run.js'
