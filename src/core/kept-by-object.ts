/** The same answer for the same object, made once: what stays between requests is an object of the snapshot or the like. */
export function keptByObject<Of extends object, Made extends object | string | null>(
  make: (of: Of) => Made,
): (of: Of) => Made {
  const known = new WeakMap<Of, Made>();
  return (of) => {
    const before = known.get(of);
    if (before !== undefined) return before;
    const made = make(of);
    known.set(of, made);
    return made;
  };
}
