import type { Command } from 'commander'
import type { Chat } from '../../actors/chat.ts'
import type { AgentRef } from '../../actors/client.ts'
import { isKept } from '../../actors/failure.ts'
import { isMachineServed } from '../../actors/registry.ts'
import { viewOf } from '../../actors/view.ts'
import { checkAddress, formatAddress } from '../../contracts/address.ts'
import { systemClock } from '../../contracts/clock.ts'
import { systemIds } from '../../contracts/ids.ts'
import { describeError } from '../../contracts/location.ts'
import { ChatScreen } from '../chat-screen.ts'
import type { Launched } from '../launch.ts'
import { launch } from '../launch.ts'
import { loadChat } from '../load-chat.ts'
import type { Output } from '../output.ts'
import { createOutput, exitCodes } from '../output.ts'
import { describeProcessEvent } from '../processes.ts'
import { processesWith, readSettings } from '../settings.ts'
import { stopSignal } from '../stop-signals.ts'
import type { TalkEnd } from '../talk.ts'
import { Talk } from '../talk.ts'
import { openTerminal } from '../terminal.ts'
import type { SharedOptions } from './shared-options.ts'
import { collect, command, whole } from './shared-options.ts'

interface ChatOptions extends SharedOptions {
  id?: string
  set: string[]
  timeout: number
}

/** Of an output that is printed for a person. */
const outputMaxCharacters = 200

/** `ashlar chat <name>`: a person talks to an agent in the terminal. */
export function chatCommand(): Command {
  return command(
    'chat',
    'talk to an agent in the terminal; starts the processes when none serve it',
  )
    .argument('<name>', 'name of a chat of ashlar.config.json')
    .option('--id <id>', 'id of the agent: a conversation to go on with (default: a new one)')
    .option('--set <name=value>', 'option for every module; may be repeated', collect, [])
    .option('--timeout <seconds>', 'longest wait for an answer', whole('--timeout'), 120)
    .addHelpText('after', '\n/end ends the conversation; Ctrl-D and Ctrl-C leave it open.')
    .action(chat)
}

async function chat(name: string, options: ChatOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const settings = await readSettings(options)
  const processes = processesWith(settings, options.set)
  const definition = await loadChat(name, settings)
  const id = options.id ?? systemIds().next()
  checkAddress({ type: definition.agent.id, id })
  let kill = (): void => process.exit(exitCodes.interrupted)
  const signals = stopSignal(() => kill())
  const progress = { report: output.progress }
  try {
    const system = await launch({
      processes,
      settings,
      unlessServed: definition.agent.id,
      report: (line) => progress.report(line),
      onProcessEvent: (event) => progress.report(describeProcessEvent(event)),
    })
    kill = () => {
      system.kill()
      process.exit(exitCodes.interrupted)
    }
    if (system.wasServed && options.set.length > 0) {
      output.progress('--set has no effect: running processes serve it already')
    }
    try {
      await converse({ name, id, definition, system, options, output, progress }, signals.received)
    } finally {
      await system.stop()
    }
  } finally {
    signals.dispose()
  }
}

interface Conversation {
  name: string
  id: string
  definition: Chat
  system: Launched
  options: ChatOptions
  output: Output
  /** Where lines about processes and the broker go. */
  progress: { report: (line: string) => void }
}

async function converse(given: Conversation, stopped: Promise<unknown>): Promise<void> {
  const { name, id, definition, options, output, progress } = given
  const { bus, client } = given.system.runtime
  const [clock, ids] = [systemClock(), systemIds()]
  const agent = client.agent({ type: definition.agent.id, id })
  const isNew = (await agent.read()) === undefined
  if (isNew) await client.start(definition.agent, { id, input: definition.input(id) as never })
  const terminal = openTerminal({
    prompt: 'you> ',
    isQuiet: output.json,
    onNews: () => talk.ring(),
  })
  const screen = new ChatScreen(name, (text) => terminal.write(text))
  const talk: Talk = new Talk({
    chat: definition,
    agent,
    client,
    clock,
    ids,
    screen,
    terminal,
    streams: !output.json && process.stdout.isTTY,
    timeoutMs: options.timeout * 1_000,
    isServed: () => isMachineServed(bus.keyValue, clock, definition.agent.id),
  })
  const before = progress.report
  progress.report = terminal.report
  const close = (): void => {
    screen.close()
    terminal.close()
  }
  void stopped.then(() => talk.interrupt())
  try {
    await begin(isNew, given, talk, screen)
    const end = await talk.run()
    close()
    conclude(end, talk, agent, given)
  } finally {
    close()
    progress.report = before
  }
}

async function begin(
  isNew: boolean,
  { definition, id }: Conversation,
  talk: Talk,
  screen: ChatScreen,
): Promise<void> {
  const address = formatAddress({ type: definition.agent.id, id })
  if (!isNew) {
    await talk.recall()
    return screen.note(talk.describe())
  }
  screen.note(`${address}: a new conversation; /end ends it, Ctrl-D leaves it open`)
  if (definition.greeting !== undefined) screen.said(definition.greeting)
}

/** Says how it ended, and sets the exit code. */
function conclude(end: TalkEnd, talk: Talk, agent: AgentRef, given: Conversation): void {
  const { output, options } = given
  const address = formatAddress(agent.address)
  const view = talk.record && viewOf(talk.record)
  const problem = describeProblem(end, talk, address, options.timeout)
  if (problem !== undefined) output.progress(`ashlar: ${problem}`)
  if (end !== 'ended') {
    output.line(`the conversation is kept: ${commandFor(given)}`)
  } else if (view?.status === 'done') {
    output.line(`${address} has ended${outputOf(view.output)}`)
  } else if (talk.record && isKept(talk.record.state)) {
    output.line(`next: correct its code, then ashlar resume ${address}, then ${commandFor(given)}`)
  }
  output.result({
    address,
    status: view?.status ?? null,
    value: view?.value ?? null,
    lines: talk.lines,
    ...(view?.output === undefined ? {} : { output: view.output }),
    ...(problem === undefined ? {} : { error: view?.error ?? { message: problem } }),
  })
  if (end === 'interrupted') process.exitCode = exitCodes.interrupted
  else if (problem !== undefined || talk.refused > 0) process.exitCode = exitCodes.failed
}

function describeProblem(
  end: TalkEnd,
  talk: Talk,
  address: string,
  seconds: number,
): string | undefined {
  if (end === 'silent') {
    return `no answer within ${seconds} s: ${talk.describe()}; look with \`ashlar show ${address}\``
  }
  if (end !== 'ended') return undefined
  const { status, error } = viewOf(talk.record!)
  if (status === 'done') return undefined
  return error ? `${address} failed: ${describeError(error)}` : `${address} was ${status}`
}

function outputOf(output: unknown): string {
  if (output === undefined) return ''
  const text = JSON.stringify(output)
  return `: ${text.length > outputMaxCharacters ? `${text.slice(0, outputMaxCharacters)}…` : text}`
}

/** How to go on with the conversation. */
function commandFor({ name, id, options: { config, cell } }: Conversation): string {
  const where = [config && `--config ${config}`, cell && `--cell ${cell}`].filter(Boolean)
  return ['ashlar chat', name, '--id', id, ...where].join(' ')
}
