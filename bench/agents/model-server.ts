/** A server of Chat Completions that answers the same at once: what is left is the wire. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const answer = JSON.stringify({
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
  usage: { prompt_tokens: 200, completion_tokens: 20, total_tokens: 220 },
})

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(answer)
  })
})
const place = { port: 0, host: '127.0.0.1', backlog: 4_096 }
server.listen(place, () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit(0))
