import type { NatsConnection, PublishOptions } from '@nats-io/transport-node'

/** What the connection is given to send. */
export interface Outgoing {
  readonly subject: string
  readonly body: Uint8Array | string
  readonly options?: PublishOptions
  /** Told when the connection does not take it: it was not sent. */
  readonly refused?: (reason: unknown) => void
}

/** Sends what one turn of the event loop produced in one write, in the order in which it came. */
export interface Outbox {
  send(message: Outgoing): void
  /** Hands everything to the connection now. */
  flush(): void
}

/**
 * The client writes to its socket as soon as the first of a row of promises has published, so that
 * hundreds of actors that answer one packet of acknowledgements would cost hundreds of writes.
 */
export function createOutbox(connection: NatsConnection, isConnected: () => boolean): Outbox {
  let waiting: Outgoing[] = []
  const flush = (): void => {
    const messages = waiting
    waiting = []
    for (const message of messages) hand(connection, isConnected, message)
  }
  return {
    flush,
    send(message) {
      waiting.push(message)
      // oxlint-disable-next-line no-restricted-globals -- no time passes: the end of this turn
      if (waiting.length === 1) setImmediate(flush)
    },
  }
}

function hand(
  connection: NatsConnection,
  isConnected: () => boolean,
  { subject, body, options, refused }: Outgoing,
): void {
  // The client would buffer it and drop it on reconnecting.
  if (!isConnected()) return refused?.(new Error('there is no connection'))
  try {
    connection.publish(subject, body, options)
  } catch (thrown) {
    refused?.(thrown)
  }
}
