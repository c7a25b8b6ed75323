/** What a customer may want from the desk. */
export type Wish =
  | 'person'
  | 'compensation'
  | 'cancel'
  | 'passengers'
  | 'bags'
  | 'change'
  | 'book'
  | 'search'
  | 'profile'
  | 'show'
  | 'thanks'

const trip = String.raw`(?:flights?|trips?|reservations?|bookings?|tickets?|itinerar\w+|it|that|them|everything)`

/** In the order in which they are tried: the first that fits is what is wanted. */
const patterns: readonly (readonly [Wish, RegExp])[] = [
  [
    'person',
    /\b(?:speak|talk|transfer|connect|get|want|need|put)\b[^.?!]*\b(?:human|person|representative|supervisor|manager|(?:live|real|human) agent|someone else)\b|^\W*(?:human|person|agent)\W*$/i,
  ],
  ['compensation', /\b(?:compensat\w*|vouchers?|reimburse\w*|make (?:it|this|that) up)\b/i],
  [
    'cancel',
    new RegExp(
      String.raw`\bcancel(?:l?ing|lations?)?\b(?! (?:policy|fee))|\b(?:have|get|want|like|need)\b[^.?!]{0,40}\bcancel+ed\b|\bcall off\b[^.?!]*\b${trip}\b|\brefund\b`,
      'i',
    ),
  ],
  [
    'passengers',
    /\b(?:change|correct|replace|update|fix|swap|misspel\w+)\b[^.?!]*\b(?:passengers?|names?|travell?ers?|companion)\b|\b(?:passengers?|names?)\b[^.?!]*\b(?:wrong|misspel\w+)/i,
  ],
  [
    'bags',
    /\b(?:add|more|another|extra|additional|check(?:ed)?(?: in)?|bring|need|want|increase|one)\b[^.?!]*\b(?:bags?|baggage|luggage|suitcases?)\b/i,
  ],
  [
    'change',
    new RegExp(
      [
        String.raw`\b(?:change|modify|move|resched\w+|re-?book\w*|switch|shift|postpone|push|swap|update|adjust|alter)\b(?! of plans?| (?:my|your|our) (?:mind|plans?))[^.?!]*\b(?:${trip}|dates?|days?|return|outbound|cabin|class|economy|business|later|earlier|(?=[A-Z0-9]*\d)[A-Z0-9]{6}|\d+(?:st|nd|rd|th)?)\b`,
        String.raw`\b(?:up|down)grad\w+\b`,
        String.raw`\b(?:fly|come|go|get|return|leave|travel)\b[^.?!]*\b(?:instead|later|earlier|another (?:day|date)|different (?:day|date))\b`,
        String.raw`\b(?:different|another|later|earlier) (?:flight|date|day)\b`,
      ].join('|'),
      'i',
    ),
  ],
  [
    'book',
    /\b(?:book|buy|purchase|reserve)\b|\b(?:need|want|would like|'d like)\b[^.?!]*\b(?:a|new|one-way|round[- ]trip) (?:flight|ticket|trip)\b/i,
  ],
  [
    'search',
    /\b(?:search|find|look(?:ing)? for|are there|is there|any|available|options?|which|what)\b[^.?!]*\bflights?\b[^.?!]*\b(?:from|to|between)\b|\bflights? (?:from|between) \w+[^.?!]* (?:to|and) \w+|^(?:(?:and|or|what about|how about) )?from \w+/i,
  ],
  [
    'profile',
    /\b(?:profile|membership|member|tier|payment methods?|gift cards?|certificates?|balance|e-?mail|credit cards?)\b[^.]*\?|\b(?:show|see|check|what)\b[^.?!]*\b(?:profile|membership|tier|payment methods?|balance|gift cards?|certificates?)\b/i,
  ],
  [
    'show',
    new RegExp(
      String.raw`\b(?:show|see|list|view|check|look|details?|status|information|info|what|when|where|which|tell|give|do i have|know)\b[^.?!]*\b(?:reservations?|bookings?|trips?|itinerar\w+|flights?|(?=[A-Z0-9]*\d)[A-Z0-9]{6})\b`,
      'i',
    ),
  ],
  [
    'thanks',
    /^\W*(?:no|nope|nah)?\W*(?:(?:many |that's |thats |that is |that will be |i'm |i am )?(?:thanks?(?: you)?|bye|goodbye|all|nothing else|nothing|done|good|fine|great|perfect|see you)\W*(?:so much|very much|a lot|for now|for your help|then|then)?\W*)+$|^\W*(?:no|nope|nah)\W*$/i,
  ],
]

const negated =
  /\b(?:don't|do not|not|never|rather than|instead of) (?:want (?:to|you to) |wish to |going to )?$/i

/** What these words ask for, or null when they ask for nothing that the clerk knows. */
export function wishOf(text: string): Wish | null {
  for (const [wish, pattern] of patterns) {
    const found = pattern.exec(text)
    if (found && !negated.test(text.slice(0, found.index))) return wish
  }
  return null
}
