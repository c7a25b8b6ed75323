/** What the customer may say: every meaning that the policy tells apart. */
export const messages = {
  identity: 'Hello, I am mia_park_7.',
  illness: 'I am sick and cannot fly.',
  complaint: 'CALLED: my flight was cancelled by the airline.',
  wish: 'I want a voucher as compensation for PLAIN0.',
} as const

/** What the customer may answer to a question of the desk. */
export const answers = { yes: 'Yes, please go ahead.', no: 'No.', neither: 'What would that cost?' }
