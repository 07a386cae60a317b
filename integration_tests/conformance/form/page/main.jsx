// Draws `window.specification` as a form, with `window.saved` filled in; what was submitted is in `window.submitted`.
import Form from "@rjsf/core";
import { customizeValidator } from "@rjsf/validator-ajv8";
import { createRoot } from "react-dom/client";

import { explained, trimmed, uiSchema } from "./platform.js";
import { Field, Item, List, ObjectFields, Switch, Tiles } from "./templates.jsx";
import "./style.css";

const templates = {
  ArrayFieldItemTemplate: Item,
  ArrayFieldTemplate: List,
  FieldTemplate: Field,
  ObjectFieldTemplate: ObjectFields,
};
// Two fields of the same title can both be missing, in different variants.
const validator = customizeValidator({ suppressDuplicateFiltering: "all" });
const schema = window.specification;

createRoot(document.getElementById("form")).render(
  <Form
    schema={schema}
    uiSchema={uiSchema(schema)}
    formData={window.saved}
    validator={validator}
    templates={templates}
    widgets={{ CheckboxWidget: Switch, tiles: Tiles }}
    transformErrors={explained}
    showErrorList={false}
    noHtml5Validate
    omitExtraData
    onSubmit={({ formData }) => {
      window.submitted = trimmed(formData);
    }}
  >
    <button type="submit" id="submit">
      Set up destination
    </button>
  </Form>,
);
