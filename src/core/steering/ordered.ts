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
  let at = members.length;
  while (at > 0) {
    const before = at - 1;
    const byGroup = (groups[before] ?? 0) - group;
    const byScore = (scores[before] ?? 0) - score;
    if (byGroup < 0 || (byGroup === 0 && (byScore < 0 || (byScore === 0 && (members[before] ?? 0) < member)))) break;
    at -= 1;
  }
  if (at >= list.limit) return;
  members.splice(at, 0, member);
  groups.splice(at, 0, group);
  scores.splice(at, 0, score);
  if (members.length <= list.limit) return;
  members.pop();
  groups.pop();
  scores.pop();
}
