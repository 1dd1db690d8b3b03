package vestry.declare.few_references

deny contains {"id": "few-references", "msg": "more than 100 references"} if count(input.references) > 100
