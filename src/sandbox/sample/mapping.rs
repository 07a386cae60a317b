//! How the sample's columns become contacts: the `streams` entry for each vendor.

use serde_json::{Value, json};

use super::{NAMESPACE, STREAM};
use crate::providers::api::ContactShape;

/// The variable of the call script that some records of the sample do not fill.
pub const REQUIRED_VARIABLE: &str = "bon_so_cuoi";

/// The `streams` entry of a configuration, for a vendor with these fields.
#[must_use]
pub fn stream(shape: ContactShape) -> Value {
    let mut fields = vec![json!({"field": "phone_number", "column": "mobile"})];
    if shape.name {
        fields.push(json!({"field": "name", "column": "full_name"}));
    }
    if shape.gender {
        fields.push(json!({"field": "gender", "column": "sex"}));
    }
    let title = "{{ 'Anh' if record.sex == 'nam' else 'Chị' if record.sex == 'nữ' else 'Anh/Chị' }}";
    fields.extend([
        json!({"field": "danh_xung", "template": title}),
        json!({"field": "ho_ten", "column": "full_name", "default": "quý khách"}),
        json!({"field": REQUIRED_VARIABLE, "column": "id_last4", "required": true}),
        json!({"field": "so_tien", "column": "amount_due"}),
        json!({"field": "ngay_den_han", "column": "due_date"}),
        json!({"field": "ma_hop_dong", "column": "contract_no"}),
    ]);
    json!({
        "stream": STREAM,
        "namespace": NAMESPACE,
        "only_when": "consent = 'yes'",
        "fields": fields,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_a_template_that_works() {
        let stream = stream(ContactShape { name: true, gender: true, reserved: &[] });
        let template = stream["fields"][3]["template"].as_str().expect("the title is a template");
        for (sex, want) in [(json!("nam"), "Anh"), (json!("nữ"), "Chị"), (json!(null), "Anh/Chị")] {
            let said = minijinja::render!(template, record => minijinja::Value::from(minijinja::value::Serde(json!({ "sex": sex }))));
            assert_eq!(said, want, "{sex}");
        }
    }
}
