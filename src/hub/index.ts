// What other folders may use of hub/.
export { Hub, type HubOptions } from './hub.js'
export { BookmarkEvent, ObjectEvent, type WatchEvent } from './watch-event.js'
export type { QueueLimits, Watch, WatchEnd, WatchRequest, WatchSink } from './watcher.js'
