"""The text form of a fault: one line, read and written."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nanobanana_async.emulator import FAULT_CONDITIONS, FAULTS, Fault, FaultError, FaultParameter, FaultSpec, When

NUMBERS = st.floats(min_value=1e-9, max_value=0.999, allow_nan=False)
PARAMETERS = st.one_of(
    st.integers(0, 1000).map(str),
    NUMBERS.map(repr),
    st.sampled_from(["yes", "no", "body", "bare", "internal", "http://127.0.0.1/x", "top", "int", "422", "307", "502"]),
    st.text(min_size=1, max_size=20),
)


def is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def value_of(parameter: FaultParameter) -> st.SearchStrategy[Any]:
    """Values that the parameter takes."""

    def is_allowed(text: str) -> bool:
        try:
            parameter.reader.read(text)
        except ValueError:
            return False
        return True

    known = st.sampled_from([word for word in parameter.allowed.split(", ") if is_allowed(word)] or ["300"])
    return st.one_of(PARAMETERS, known).filter(is_allowed)


def conditions_of(spec: FaultSpec) -> st.SearchStrategy[When]:
    operations = st.frozensets(st.sampled_from(spec.may_be_on or spec.on))
    counts = st.integers(1, 10**6)
    return st.builds(
        When,
        probability=st.none() | NUMBERS,
        nth=st.frozensets(counts, max_size=4),
        every=st.none() | counts,
        times=st.none() | counts,
        prompt=st.none() | st.text(max_size=20).filter(is_pattern),
        model=st.none() | st.text(max_size=20),
        after=st.none() | NUMBERS | st.integers(0, 10**9),
        lasting=st.none() | NUMBERS,
        on=operations,
    )


@st.composite
def faults(draw: st.DrawFn) -> Fault:
    spec = draw(st.sampled_from(list(FAULTS.values())))
    chosen = draw(st.lists(st.sampled_from(spec.parameters), unique=True)) if spec.parameters else []
    parameters = {each.name: draw(value_of(each)) for each in chosen}
    return Fault(spec.name, when=draw(conditions_of(spec)), parameters=parameters)


@given(faults())
def test_what_is_written_is_read_back_as_the_same(fault: Fault) -> None:
    """Text form and value are two sides of one thing."""
    assert Fault.parse(str(fault)) == fault
    assert hash(Fault.parse(str(fault))) == hash(fault)


@given(st.text(max_size=60))
def test_any_other_text_is_an_error_in_words(text: str) -> None:
    """Whatever is typed, it is a fault or a FaultError, and nothing else."""
    assume(text.partition(",")[0].strip().lower().replace("_", "-") not in FAULTS)

    with pytest.raises(FaultError):
        Fault.parse(text)


@pytest.mark.parametrize("spec", FAULTS.values(), ids=lambda spec: spec.name)
def test_a_bare_name_is_a_fault(spec: FaultSpec) -> None:
    """Every fault works with its defaults, and every default is a value that may be given."""
    given_in_full = {each.name: each.default for each in spec.parameters if each.default is not None}

    assert str(Fault.parse(spec.name)) == spec.name
    assert Fault(spec.name, parameters=given_in_full).spec is spec


def test_every_setting_can_be_told() -> None:
    """Parameters first, conditions after them, sets with a slash between."""
    fault = Fault.parse(' too-many , retry-after=3,probability=0.20, nth=4/1, prompt="a, ""b""",on=credit/createTask')

    assert fault == Fault(
        "too-many",
        parameters={"retry-after": 3},
        when=When(probability=0.2, nth=frozenset({1, 4}), prompt='a, "b"', on=frozenset({"createTask", "credit"})),
    )
    assert str(fault) == 'too-many,retry-after=3,probability=0.2,nth=1/4,prompt="a, ""b""",on=createTask/credit'


def test_case_and_underscores_count_for_nothing_in_names() -> None:
    """Names of faults and of their settings, as text and in code; values are left alone."""
    fault = Fault.parse(" Too_Many ,Retry_After=3,PROMPT=A_Cat")

    assert str(fault) == "too-many,retry-after=3,prompt=A_Cat"
    assert Fault("TOO_MANY") == Fault("too-many")  # type: ignore[arg-type]  # no literal of ours, and taken all the same


def test_a_regular_expression_needs_quotes_for_its_commas_only() -> None:
    """Backslashes, braces and equals signs are left alone."""
    assert Fault.parse(r"closed,prompt=\d+=\w").when.prompt == r"\d+=\w"
    assert Fault.parse(r'closed,prompt="a{1,3}"').when.prompt == "a{1,3}"


@pytest.mark.parametrize(
    ("text", "operations"), [("any", 14), ("creates", 4), ("looks", 3), ("uploads", 3), ("uploads/file", 4)]
)
def test_operations_can_be_named_by_the_group(text: str, operations: int) -> None:
    """All of them; what makes a task; what asks for one; the three uploads."""
    fault = Fault.parse(f"closed,on={text}")

    assert len(fault.when.on) == operations
    assert Fault.parse(str(fault)) == fault


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "'' is no fault; `nanobanana emulator --faults` lists them all"),
        ("too-mny", "'too-mny' is no fault; did you mean 'too-many'?"),
        ("Too_Mny", "'Too_Mny' is no fault; did you mean 'too-many'?"),
        ("zzz,nth=1", "'zzz' is no fault; `nanobanana emulator --faults` lists them all"),
        (
            "too-many,retry=3",
            "too-many takes no 'retry'; did you mean 'retry-after'? It takes form, text",
        ),
        ("too-many,share=0.5", "too-many takes no 'share'. It takes form,"),
        ("closed,nth=1,NTH=2", "closed: nth is given twice"),
        ("too-many,form=x", "too-many: form='x' is not allowed: body, status, bare"),
        ("cut,share=1", "cut: share='1' is not allowed: a number from 0 up to, but not including, 1"),
        ("cut,share=nan", "cut: share='nan' is not allowed"),
        ("cut,share=half", "cut: share='half' is not allowed"),
        ("huge,size=-1", "huge: size='-1' is not allowed: a whole number of bytes"),
        ("huge,size=1e3", "huge: size='1e3' is not allowed"),
        ("drip,seconds=-1", "drip: seconds='-1' is not allowed: seconds, 0 or more"),
        ("slow,seconds=inf", "slow: seconds='inf' is not allowed"),
        ("bad-gateway,status=100", "bad-gateway: status='100' is not allowed: an HTTP status, 200 to 599"),
        ("redirect,to=http://x/\r\nX: y", "redirect: to='http://x/\\r\\nX: y' is not allowed: printable ASCII text"),
        ("stuck,state=Success", "stuck: state='Success' is not allowed: printable ASCII text, and neither"),
        ("closed,nth", "'nth' is no KEY=VALUE; put a value that has a comma in it in double quotes"),
        ("closed,nth=0", "nth='0' is not allowed: whole numbers, 1 or more; several with a slash between them"),
        ("closed,nth=1/x", "nth='1/x' is not allowed"),
        ("closed,nth=٣", "nth='٣' is not allowed"),
        ("closed,every=0", "every='0' is not allowed: a whole number, 1 or more"),
        ("closed,times=-1", "times='-1' is not allowed"),
        ("closed,probability=0", "probability='0' is not allowed: a number above 0 and at most 1"),
        ("closed,probability=1.1", "probability='1.1' is not allowed"),
        ("closed,prompt=(", "prompt='(' is not allowed: a regular expression"),
        ("closed,after=-1", "after='-1' is not allowed: seconds, 0 or more"),
        ("closed,lasting=0", "lasting='0' is not allowed: seconds, more than 0"),
        ("closed,on=polls", "on='polls' is not allowed: createTask, recordInfo, generate,"),
        ("cut-json,on=file", "cut-json: on='file' is not allowed: createTask, recordInfo,"),
        ("stuck,on=recordInfo", "stuck: on='recordInfo' is not allowed: createTask"),
        ("expired,on=any", "expired: on='any' is not allowed: file"),
        ("closed,nth=1,nth=2", "closed: nth is given twice"),
        ("fail,code=1,code=2", "fail: code is given twice"),
        ('closed,prompt="x', "a double quote is not closed"),
        ('closed,prompt="x"y', "a quoted value stands wholly in double quotes"),
        ('closed,prompt=x""', "a quoted value stands wholly in double quotes"),
    ],
)
def test_what_cannot_be_understood_is_named_with_what_is_allowed(text: str, complaint: str) -> None:
    """The word, the value, and the remedy."""
    with pytest.raises(FaultError, match=re.escape(complaint)):
        Fault.parse(text)


def test_a_fault_made_in_code_is_held_to_the_same_rules() -> None:
    """Numbers may be given as numbers, single ones without a set, and wrong ones are refused."""
    assert Fault("cut", parameters={"share": "0.5"}) == Fault("cut", parameters={"share": 0.5})
    assert Fault("silent", parameters={"charged": False}) == Fault.parse("silent,charged=no")
    assert When(nth=3, on="any") == When(nth=[3], on={"any"})
    with pytest.raises(FaultError, match="'nope' is no fault"):
        Fault("nope")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(FaultError, match="nth='0'"):
        When(nth=frozenset({0}))
    with pytest.raises(FaultError, match="cut takes no 'size'"):
        Fault("cut", parameters={"size": 3})


def test_every_fault_and_every_condition_says_what_it_is() -> None:
    """The catalogue is what the command line and the page list."""
    assert all(spec.says and spec.on for spec in FAULTS.values())
    assert [
        (spec.where.default, spec.where.allowed) for spec in (FAULTS["closed"], FAULTS["cut-json"]) if spec.where
    ] == [
        ("creates", "any"),
        ("creates", "any but file"),
    ]
    assert FAULTS["stuck"].where is None
    assert all(each.says and each.allowed for spec in FAULTS.values() for each in spec.parameters)
    assert list(FAULT_CONDITIONS) == [
        *("probability", "nth", "every", "times", "prompt"),
        *("model", "after", "lasting", "on"),
    ]
