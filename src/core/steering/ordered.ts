/**
 * The first few of many in order, kept while they are found: nothing is sorted that nobody will look at.
 * Order: group, then score, then member, which follows the clusters' names.
 */
export interface Ordered {
  readonly limit: number;
  readonly members: number[];
  readonly groups: number[];
  readonly scores: number[];
}

/** An empty list that keeps at most `limit`. */
export function newOrdered(limit: number): Ordered {
  return { limit, members: [], groups: [], scores: [] };
}

/** Puts a member where it belongs; the last one falls out when there are too many. */
export function insert(list: Ordered, member: number, { group, score }: { group: number; score: number }): void {
  const { members, groups, scores } = list;
  const count = members.length;
  const one = { member, group, score };
  if (count === 0 || comesAfter(list, count - 1, one)) {
    if (count >= list.limit) return;
    members.push(member);
    groups.push(group);
    scores.push(score);
    return;
  }
  let at = count - 1;
  while (at > 0 && !comesAfter(list, at - 1, one)) at -= 1;
  members.splice(at, 0, member);
  groups.splice(at, 0, group);
  scores.splice(at, 0, score);
  if (members.length <= list.limit) return;
  members.pop();
  groups.pop();
  scores.pop();
}

/** Whether the list is full of better ones. */
export function isBeyond({ members, groups, scores, limit }: Ordered, group: number, score: number): boolean {
  const last = limit - 1;
  if (members.length < limit || last < 0) return false;
  return groups[last] === group && score > (scores[last] ?? 0);
}

/** Compared, not subtracted: two shares of nothing are infinitely far back, and their difference is not a number. */
function comesAfter(list: Ordered, before: number, one: { member: number; group: number; score: number }): boolean {
  const group = list.groups[before] ?? 0;
  if (group !== one.group) return group < one.group;
  const score = list.scores[before] ?? 0;
  return score === one.score ? (list.members[before] ?? 0) < one.member : score < one.score;
}
