import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream'
import type { NatsLink } from './nats-link.ts'
import { codeOf } from './nats-streams.ts'

const pageMessages = 256
/** The status of a direct get that matches nothing. */
const noMessage = 404

/**
 * The stored messages of a subject filter, oldest first, read page by page with direct gets. Ends
 * at the last message that was stored when it got there.
 * @throws UnavailableError
 */
export async function* storedMessages(
  link: NatsLink,
  stream: string,
  filter: string,
): AsyncIterable<StoredMsg> {
  let nextSeq = 1
  for (;;) {
    const page = await link.reach(`stream ${stream}`, () =>
      readPage(link.manager, stream, { seq: nextSeq, next_by_subj: filter, batch: pageMessages }),
    )
    yield* page
    const last = page.at(-1)
    if (!last || page.length < pageMessages) return
    nextSeq = last.seq + 1
  }
}

/** Deletes one stored message; one that is gone already is no error. */
export async function deleteStored(link: NatsLink, stream: string, seq: number): Promise<void> {
  const { streams } = link.manager
  try {
    await streams.deleteMessage(stream, seq)
  } catch (error) {
    // The server has several errors for deleting what is not there.
    if (codeOf(error) === 0 || (await streams.getMessage(stream, { seq }))) throw error
  }
}

async function readPage(
  manager: JetStreamManager,
  stream: string,
  request: { seq: number; next_by_subj: string; batch: number },
): Promise<StoredMsg[]> {
  const page: StoredMsg[] = []
  try {
    for await (const message of await manager.direct.getBatch(stream, request)) page.push(message)
  } catch (error) {
    if ((error as { code?: unknown }).code !== noMessage) throw error
  }
  return page
}
