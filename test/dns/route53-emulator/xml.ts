/** The little XML that Route 53 speaks: elements, text and the five entities. */

export interface Element {
  readonly name: string;
  readonly attributes: string;
  readonly children: readonly Element[];
  readonly text: string;
}

/** The root element; throws for anything that is not well-formed. */
export function parseXml(source: string): Element {
  const tokens = source.matchAll(
    /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)|(<)/g,
  );
  const top: { name: string; attributes: string; children: Element[]; text: string } = open("", "");
  const stack = [top];
  for (const [, slash, name = "", attributes = "", selfClosing, text, stray] of tokens) {
    const current = stack.at(-1) ?? top;
    if (stray !== undefined) throw new Error("a stray <");
    if (text !== undefined) current.text += unescapeXml(text);
    else if (slash === "/") {
      if (current.name !== name || stack.length === 1) throw new Error(`</${name}> closes <${current.name}>`);
      stack.pop();
    } else if (name !== "") {
      const element = open(name, attributes);
      current.children.push(element);
      if (selfClosing !== "/") stack.push(element);
    }
  }
  const [root, ...rest] = top.children;
  if (stack.length !== 1 || root === undefined || rest.length > 0) throw new Error("it does not end, or has no root");
  return root;
}

function open(name: string, attributes: string) {
  return { name, attributes, children: [] as Element[], text: "" };
}

/** First child of this name. */
export function child(element: Element, name: string): Element | null {
  return element.children.find((one) => one.name === name) ?? null;
}

/** Text of the first child of this name. */
export function childText(element: Element, name: string): string | null {
  return child(element, name)?.text ?? null;
}

/** An element of text, or of elements that are text already; nothing for null. */
export function tag(name: string, content: string | number | boolean | null | readonly string[]): string {
  if (content === null) return "";
  return `<${name}>${typeof content === "object" ? content.join("") : escapeXml(String(content))}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function unescapeXml(text: string): string {
  return text.replace(/&(#x?[0-9a-fA-F]+|\w+);/g, (_, entity: string) => {
    const named = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }[entity];
    if (named !== undefined) return named;
    if (!entity.startsWith("#")) throw new Error(`an unknown entity &${entity};`);
    return String.fromCodePoint(entity[1] === "x" ? Number.parseInt(entity.slice(2), 16) : Number(entity.slice(1)));
  });
}
