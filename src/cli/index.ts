// What main may use of cli/.
export { run } from './run.js'
