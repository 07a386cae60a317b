"""How a person fills the form in for the sandbox: the values of its accounts, typed field by field."""

from form.browser import Form

TITLES = {"itnio": "itniotech AI Voice", "vbee": "Vbee AICall"}
STREAM = "overdue_customers"


def account(form: Form, vendor: dict) -> None:
    """Types a vendor's section."""
    form.pick("vendor", TITLES[vendor["vendor_type"]])
    form.unfold()
    _type_all(form, "vendor", vendor)


def stream(form: Form) -> None:
    """Adds a stream with two field mappings."""
    form.add("streams")
    form.type("streams[0].stream", STREAM)
    for index, (field, column) in enumerate({"phone_number": "mobile", "ho_ten": "full_name"}.items()):
        form.add("streams[0].fields")
        form.type(f"streams[0].fields[{index}].field", field)
        form.type(f"streams[0].fields[{index}].column", column)


def _type_all(form: Form, at: str, values: dict) -> None:
    for name, value in values.items():
        if isinstance(value, dict):
            _type_all(form, f"{at}.{name}", value)
        elif not name.endswith("_type"):
            form.type(f"{at}.{name}", str(value))
