/** The peers by name: which packages each needs, and how it is opened. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PeerName } from './names.ts'
import type { Peer } from './peer.ts'

interface Entry {
  /** The packages it runs on; the version reported is the first one's. */
  packages: [string, ...string[]]
  // Imported late, so that a peer that is not asked for costs no memory and no start-up time.
  open(dir: string): Promise<Peer>
}

const restatePackages = ['@restatedev/restate-sdk', '@restatedev/restate-sdk-clients'] as const

const catalog: Record<PeerName, Entry> = {
  restate: {
    packages: ['@restatedev/restate-server', ...restatePackages],
    open: async (dir) => (await import('./restate.ts')).open('workflow', dir),
  },
  'restate-services': {
    packages: ['@restatedev/restate-server', ...restatePackages],
    open: async (dir) => (await import('./restate.ts')).open('services', dir),
  },
  'restate-xstate': {
    packages: ['@restatedev/xstate', '@restatedev/restate-server', ...restatePackages],
    open: async (dir) => (await import('./restate-xstate.ts')).open('default', dir),
  },
  langgraph: {
    packages: ['@langchain/langgraph', '@langchain/langgraph-checkpoint-sqlite'],
    open: async (dir) => (await import('./langgraph.ts')).open('default', dir),
  },
  'langgraph-full': {
    packages: ['@langchain/langgraph', '@langchain/langgraph-checkpoint-sqlite'],
    open: async (dir) => (await import('./langgraph.ts')).open('full', dir),
  },
  mastra: {
    packages: ['@mastra/core', '@mastra/libsql'],
    open: async (dir) => (await import('./mastra.ts')).open('default', dir),
  },
  'mastra-full': {
    packages: ['@mastra/core', '@mastra/libsql'],
    open: async (dir) => (await import('./mastra.ts')).open('full', dir),
  },
}

export function findPeer(name: string): Entry | undefined {
  return Object.hasOwn(catalog, name) ? catalog[name as PeerName] : undefined
}

function manifestPath(packageName: string): string {
  return join(import.meta.dirname, 'node_modules', packageName, 'package.json')
}

export function missingPackages({ packages }: Entry): string[] {
  return packages.filter((name) => !existsSync(manifestPath(name)))
}

export function versionOf({ packages: [first] }: Entry): string {
  return (JSON.parse(readFileSync(manifestPath(first), 'utf8')) as { version: string }).version
}
