/**
 * Takes the text of a JSON object piece by piece and tells what becomes known of one member, a text,
 * decoded. In JSON the quotes inside a text are escaped, so the member's name in quotes is found
 * nowhere else.
 */
export function tellMember(member: string, tell: (piece: string) => void): (piece: string) => void {
  const character = '[^"\\\\\\u0000-\\u001f]|\\\\(?:u[0-9a-fA-F]{4}|["\\\\/bfnrt])'
  const pattern = new RegExp(`"${member}"\\s*:\\s*"((?:${character})*)`)
  let known = ''
  let told = 0
  return (piece) => {
    known += piece
    const raw = pattern.exec(known)?.[1]
    if (raw === undefined) return
    // Half a surrogate pair waits for the other half.
    const text = (JSON.parse(`"${raw}"`) as string).replace(/[\uD800-\uDBFF]$/, '')
    if (text.length > told) tell(text.slice(told))
    told = text.length
  }
}
