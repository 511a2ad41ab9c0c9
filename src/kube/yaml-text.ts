import { Document, isScalar, Scalar, visit } from "yaml";

/**
 * Plain values as YAML documents for `kubectl apply -f -`. Only text that no reader, YAML 1.1 or 1.2, can take for
 * anything else stands without quotes.
 */
export function yamlText(values: readonly unknown[]): string {
  return values.map(documentText).join("---\n");
}

const word = /^[A-Za-z][A-Za-z0-9./_-]*$/;
const notText = /^(?:y|yes|n|no|true|false|on|off|null|nan|inf)$/i;

function documentText(value: unknown): string {
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_place, node) {
      if (!isScalar(node) || typeof node.value !== "string") return;
      if (word.test(node.value) && !notText.test(node.value)) node.type = Scalar.PLAIN;
      else node.type = isBlock(node.value) ? Scalar.BLOCK_LITERAL : Scalar.QUOTE_DOUBLE;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** Lines that can stand as they are. */
function isBlock(text: string): boolean {
  return text.includes("\n") && /^[\n\x20-\x7e]*$/.test(text) && !/^\s/.test(text) && !/[ \n]\n/.test(text);
}
