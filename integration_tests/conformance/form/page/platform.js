// The platform's rules for turning a specification into a form: what stands where, what is folded away, how a value is
// typed. Everything that knows one of the platform's keywords is here.

/** The cards of the form: each group with its title, in the order of `groups`; fields without a group come last. */
export function cards(schema) {
  const known = schema.groups ?? [];
  const names = Object.keys(schema.properties);
  const inGroup = (id) => names.filter((name) => schema.properties[name].group === id);
  const rest = names.filter((name) => !known.some(({ id }) => id === schema.properties[name].group));
  return [...known.map(({ id, title }) => ({ title, names: inGroup(id) })), { title: undefined, names: rest }].filter(
    (card) => card.names.length > 0,
  );
}

/** The fields of an object in order, cut where it changes whether they are folded away. */
export function sections(schema, names) {
  const sections = [];
  for (const name of inOrder(schema, names).filter((name) => !isHidden(schema.properties[name]))) {
    const folded = isFolded(schema, name);
    if (sections.at(-1)?.folded !== folded) sections.push({ folded, names: [] });
    sections.at(-1).names.push(name);
  }
  return sections;
}

/** How each value is typed, for rjsf. */
export function uiSchema(schema) {
  const ui = {};
  if (isHidden(schema)) ui["ui:widget"] = "hidden";
  else if (schema.airbyte_secret) ui["ui:widget"] = "password";
  else if (schema.multiline) ui["ui:widget"] = "textarea";
  if (schema.oneOf) {
    ui["ui:widget"] = schema.display_type === "radio" ? "tiles" : "select";
    ui["ui:options"] = { descriptions: schema.oneOf.map((option) => option.description) };
    ui.oneOf = schema.oneOf.map(uiSchema);
  }
  if (schema.items) {
    ui["ui:options"] = { orderable: false };
    ui.items = uiSchema(schema.items);
  }
  for (const [name, property] of Object.entries(schema.properties ?? {})) ui[name] = uiSchema(property);
  return ui;
}

/** What is wrong with single values; what a value should look like, `pattern_descriptor` says beside it. */
export function explained(errors) {
  return errors
    .filter((error) => !["oneOf", "const"].includes(error.name))
    .map((error) => ({ ...error, message: MESSAGES[error.name] ?? error.message }));
}

/** The platform cuts white space off. */
export function trimmed(value) {
  if (typeof value === "string") return value.trim();
  if (Array.isArray(value)) return value.map(trimmed);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, trimmed(inner)]));
}

const MESSAGES = { pattern: "does not have the right form", required: "is needed" };

const isHidden = (schema) => schema.const !== undefined || schema.airbyte_hidden === true;
const isRequired = (schema, name) => (schema.required ?? []).includes(name);

/** Sections with variants and whole objects are never folded; other optional fields are, unless `always_show`. */
function isFolded(schema, name) {
  const property = schema.properties[name];
  return !(isRequired(schema, name) || property.always_show || property.oneOf || property.type === "object");
}

/** What has to be filled in, or is always shown, comes first; then `order` decides, then the name. */
function inOrder(schema, names) {
  const rank = (name) => (isRequired(schema, name) || schema.properties[name].always_show ? 0 : 1);
  const order = (name) => schema.properties[name].order ?? Infinity;
  return [...names].sort((a, b) => rank(a) - rank(b) || order(a) - order(b) || a.localeCompare(b));
}
