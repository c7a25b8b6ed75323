/** The marks of an outsider: nobody can take the name, or the message ids, of an agent. */
export const outsider = 'client:'

/** Who sends a dead letter again. */
export const letterSender = 'letters'
