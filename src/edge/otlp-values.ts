/** Key-value list of the OTLP JSON encoding: 64-bit integers travel as text. */
export function attributes(values: Readonly<Record<string, string | number | boolean>>): readonly object[] {
  return Object.entries(values).map(([key, value]) => {
    if (typeof value === "string") return { key, value: { stringValue: value } };
    if (typeof value === "boolean") return { key, value: { boolValue: value } };
    return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
  });
}

/** ms since the epoch as whole nanoseconds in text: a double cannot hold them. */
export function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  return `${whole}${String(Math.round((ms - whole) * 1_000_000)).padStart(6, "0")}`;
}
