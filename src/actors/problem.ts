/** One broken registration rule: where, what, and what to do about it. */
export interface Problem {
  /** The node, as in `airline-desk.serving.confirm.invoke[0]`. */
  path: string
  problem: string
  todo: string
}
