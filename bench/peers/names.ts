/** The peers by name, without what it takes to run them. */
export const peerNames = [
  'restate',
  'restate-services',
  'restate-xstate',
  'langgraph',
  'langgraph-full',
  'mastra',
  'mastra-full',
] as const

export type PeerName = (typeof peerNames)[number]
