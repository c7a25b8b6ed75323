/**
 * A server of Chat Completions that answers at once: what is left is the wire. It says its port over
 * IPC when it listens, and on `billed` what it has answered so far.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a provider would put on its bill. */
export interface Billed {
  requests: number
  inputTokens: number
  outputTokens: number
}

const inputTokens = 200
/** Answers differ in length, so that no two sums of costs agree by accident. */
const outputTokensMax = 21
const billed: Billed = { requests: 0, inputTokens: 0, outputTokens: 0 }

function answer(): string {
  const outputTokens = 1 + (billed.requests++ % outputTokensMax)
  billed.inputTokens += inputTokens
  billed.outputTokens += outputTokens
  return JSON.stringify({
    id: 'chatcmpl-bench',
    object: 'chat.completion',
    created: 0,
    model: 'bench',
    choices: [
      {
        index: 0,
        finish_reason: 'stop',
        message: {
          role: 'assistant',
          content: '{"choice":{"type":"CONTINUE","note":"as agreed"}}',
          refusal: null,
        },
        logprobs: null,
      },
    ],
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  })
}

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(answer())
  })
})
const place = { port: 0, host: '127.0.0.1', backlog: 4_096 }
server.listen(place, () => process.send?.((server.address() as AddressInfo).port))
process.on('message', () => process.send?.(billed))
process.once('disconnect', () => process.exit(0))
