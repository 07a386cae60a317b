// How the parts of the form look: cards, folds, a label with a help text over each value.
import { cards, sections } from "./platform.js";

const Help = ({ text }) => (text ? <p className="help">{text}</p> : null);

/** The label, the help text and the complaints around one value. */
export function Field({ id, label, schema, required, hidden, children, rawErrors, rawDescription }) {
  if (hidden) return <div hidden>{children}</div>;
  if (schema.type === "object" && !schema.oneOf) return children;
  if (schema.type === "array") return <div className="field">{children}</div>;
  const examples = (schema.examples ?? []).join(", ");
  return (
    <div className="field" data-path={id}>
      <label className="title" htmlFor={schema.oneOf ? `${id}__oneof_select` : id}>
        {label}
        {required || schema.oneOf || schema.type === "boolean" ? "" : <span className="optional"> Optional</span>}
      </label>
      <Help text={rawDescription ?? schema.description} />
      {examples && <p className="examples">For example: {examples}</p>}
      {children}
      {schema.pattern_descriptor && <p className="pattern">{schema.pattern_descriptor}</p>}
      {!schema.oneOf && [...new Set(rawErrors)].map((error) => <p className="error" key={error}>{error}</p>)}
    </div>
  );
}

/** The root as cards; inside them, as on the platform, an object shows its fields but neither title nor description. */
export function ObjectFields({ schema, properties, fieldPathId, registry }) {
  if (!schema.properties) return null;
  const isRoot = fieldPathId.$id === "root";
  const contents = Object.fromEntries(properties.map(({ name, content }) => [name, content]));
  const drawn = ({ names }) =>
    sections(schema, names).map((section) => (
      <Section key={section.names[0]} folded={section.folded}>
        {section.names.map((name) => contents[name])}
      </Section>
    ));
  if (!isRoot) return drawn({ names: Object.keys(contents) });
  return cards(registry.rootSchema).map((card) => (
    <section className="card" key={card.names[0]}>
      {card.title && <h2>{card.title}</h2>}
      {drawn(card)}
    </section>
  ));
}

function Section({ folded, children }) {
  if (!folded) return children;
  return (
    <details>
      <summary>Optional fields</summary>
      {children}
    </details>
  );
}

/** A list with its items as boxes. */
export function List({ title, schema, items, onAddClick, fieldPathId }) {
  return (
    <div data-path={fieldPathId.$id}>
      <span className="title">{title}</span>
      <Help text={schema.description} />
      {items}
      <button type="button" id={`${fieldPathId.$id}__add`} onClick={onAddClick}>
        Add
      </button>
    </div>
  );
}

/** One box of a list. */
export function Item({ children, buttonsProps }) {
  return (
    <div className="item">
      {children}
      <button type="button" onClick={buttonsProps.onRemoveItem}>
        Remove
      </button>
    </div>
  );
}

/** The variants of a section beside each other, each with what it means. */
export function Tiles({ id, value, options, onChange }) {
  return options.enumOptions.map((option, index) => (
    <label className="tile" key={option.value}>
      <input
        type="radio"
        name={id}
        checked={String(option.value) === String(value)}
        onChange={() => onChange(option.value)}
      />
      <span className="title">{option.label}</span>
      <Help text={options.descriptions[index]} />
    </label>
  ));
}

/** A value that is on or off; its label is the field's. */
export function Switch({ id, value, onChange }) {
  return <input type="checkbox" id={id} checked={Boolean(value)} onChange={(event) => onChange(event.target.checked)} />;
}
