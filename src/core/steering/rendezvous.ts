/**
 * Rendezvous hashing: each (key, name) pair gets a number, the highest wins. When a name leaves, only its own keys
 * move; the order of the input never matters.
 */

/** 32-bit FNV-1a over UTF-16 units, then a mixer, since FNV alone leaves neighbours close. Not for security. */
export function hash32(text: string, seed = 0): number {
  let hash = (2166136261 ^ seed) | 0;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Score of a name for a key; larger comes first. */
export function rendezvousScore(key: string, name: string): number {
  return hash32(name, hash32(key));
}
