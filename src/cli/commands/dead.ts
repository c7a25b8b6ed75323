import { Command } from 'commander'
import { agentFailed } from '../../actors/failure.ts'
import { agentOf, mailboxOf, sendAgain } from '../../actors/letters.ts'
import type { KeptLetter } from '../../bus/dead-letters.ts'
import { systemClock } from '../../contracts/clock.ts'
import { InputError, toErrorValue } from '../../contracts/error.ts'
import type { Output } from '../output.ts'
import { createOutput, exitCodes, NotFoundError } from '../output.ts'
import type { Runtime } from '../runtime.ts'
import { withCell } from '../with-cell.ts'
import type { SharedOptions } from './shared-options.ts'
import { command } from './shared-options.ts'

interface FilterOptions extends SharedOptions {
  target?: string
  agent?: string
}

interface RetryOptions extends FilterOptions {
  all?: boolean
}

/** `ashlar dead`: the messages that could not be handled, and what to do about them. */
export function deadCommand(): Command {
  const filtered = (one: Command): Command =>
    one
      .option('--target <text>', 'only letters to this target, such as `tool charge` or `mailbox`')
      .option('--agent <address>', 'only letters to this agent, and of calls that it made')
  return new Command('dead')
    .description('dead letters: messages that could not be handled')
    .addCommand(filtered(command('ls', 'list the dead letters, oldest first')).action(list))
    .addCommand(
      command('show', 'show one letter, with its payload').argument('<id>', 'its id').action(show),
    )
    .addCommand(
      filtered(command('retry', 'send letters again to where they were going, and drop them'))
        .argument('[ids...]', 'their ids')
        .option('--all', 'every letter that the filters leave')
        .action(retry),
    )
    .addCommand(
      command('drop', 'remove letters for good').argument('<ids...>', 'their ids').action(drop),
    )
}

async function list(options: FilterOptions): Promise<void> {
  const output = createOutput(options.json === true)
  await withCell(options, output, async (runtime) => {
    const letters = await filter(runtime, options)
    for (const letter of letters) output.line(describe(letter))
    output.line(`${letters.length} letter(s)`)
    if (letters.length > 0) output.line('next: ashlar dead show ID')
    output.result({ letters: letters.map(({ body: _body, ...head }) => head) })
  })
}

async function show(id: string, options: SharedOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const [wanted] = parseIds([id])
  await withCell(options, output, async (runtime) => {
    const letter = await find(runtime, wanted!)
    output.line(describe(letter))
    output.line(`message ${letter.messageId}`)
    output.line(letter.encoding === 'base64' ? `${letter.body} (base64)` : letter.body)
    output.line(`next: ${advice(letter)}`)
    output.result({ ...letter, agent: agentOf(letter) ?? null, next: advice(letter) })
  })
}

async function retry(ids: string[], options: RetryOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const wanted = parseIds(ids)
  const isChosen = wanted.length > 0
  if (isChosen === (options.all === true)) {
    throw new InputError({
      field: 'letters',
      expected: 'ids, or --all',
      todo: '`ashlar dead ls` lists them; write, for example, `ashlar dead retry 7 9`',
    })
  }
  await withCell(options, output, async (runtime) => {
    const letters = options.all
      ? await filter(runtime, options)
      : await Promise.all(wanted.map((id) => find(runtime, id)))
    await retryAll(runtime, letters, output)
  })
}

/** One that cannot be sent does not keep the others from it. */
async function retryAll(
  runtime: Runtime,
  letters: readonly KeptLetter[],
  output: Output,
): Promise<void> {
  const sent: number[] = []
  const kept: { id: number; reason: string }[] = []
  let failure: unknown
  const clock = systemClock()
  for (const letter of letters) {
    try {
      if (isForResume(letter)) throw new InputError(resumeInstead(letter))
      await sendAgain(runtime.bus, letter, { atMs: clock.now() })
      await runtime.bus.deadLetters.drop(letter.id)
      sent.push(letter.id)
      output.line(`#${letter.id} is on its way to ${letter.target} again`)
    } catch (thrown) {
      failure ??= thrown
      const { message } = toErrorValue(thrown)
      kept.push({ id: letter.id, reason: message })
      output.line(`#${letter.id} stays: ${message}`)
    }
  }
  output.line(`${sent.length} sent again, ${kept.length} kept`)
  const [first] = letters
  const agent = first && agentOf(first)
  if (sent.length > 0 && agent) output.line(`next: ashlar show ${agent}`)
  output.result({ sent, kept })
  if (kept.length === 0) return
  const isLater = toErrorValue(failure).disposition === 'retryable'
  process.exitCode = isLater ? exitCodes.unavailable : exitCodes.failed
}

async function drop(ids: string[], options: SharedOptions): Promise<void> {
  const output = createOutput(options.json === true)
  const wanted = parseIds(ids)
  await withCell(options, output, async (runtime) => {
    // All of them exist, or none is dropped.
    for (const id of wanted) await find(runtime, id)
    for (const id of wanted) await runtime.bus.deadLetters.drop(id)
    output.line(`${wanted.length} letter(s) dropped`)
    output.result({ dropped: wanted })
  })
}

async function find(runtime: Runtime, id: number): Promise<KeptLetter> {
  const letter = await runtime.bus.deadLetters.get(id)
  if (letter) return letter
  throw new NotFoundError(`there is no letter ${id}; \`ashlar dead ls\` lists them`)
}

async function filter(runtime: Runtime, options: FilterOptions): Promise<KeptLetter[]> {
  const { target = '', agent } = options
  const letters: KeptLetter[] = []
  for await (const letter of runtime.bus.deadLetters.list()) {
    if (!letter.target.startsWith(target)) continue
    if (agent === undefined || agentOf(letter) === agent) letters.push(letter)
  }
  return letters
}

function parseIds(ids: readonly string[]): number[] {
  return ids.map((text) => {
    const id = Number(text.replace(/^#/, ''))
    if (Number.isSafeInteger(id) && id > 0) return id
    const todo = '`ashlar dead ls` lists them'
    throw new InputError({ field: 'letter id', expected: 'a positive integer', got: text, todo })
  })
}

function describe({ id, atMs, target, reason }: KeptLetter): string {
  return `#${id}  ${new Date(atMs).toISOString()}  ${target}  ${reason}`
}

/** Mail of a failed agent: only resuming it makes it take the mail. */
function isForResume(letter: KeptLetter): boolean {
  return mailboxOf(letter) !== undefined && letter.reason.startsWith(agentFailed)
}

function resumeInstead(letter: KeptLetter): ConstructorParameters<typeof InputError>[0] {
  return {
    field: `letter ${letter.id}`,
    expected: 'mail of an agent that has not failed',
    todo: `correct its code, then \`ashlar resume ${agentOf(letter)}\``,
  }
}

function advice(letter: KeptLetter): string {
  if (letter.cut) return 'send it again from where it came; the letter was too large to be kept'
  if (isForResume(letter)) return `ashlar resume ${agentOf(letter)}, once its code is corrected`
  const told = mailboxOf(letter) ? '' : ' (its caller was told that it failed and waits no more)'
  return `ashlar dead retry ${letter.id}${told}, or ashlar dead drop ${letter.id}`
}
