"""Which address takes which form: for people who drive the product by script, and for the test that misses none."""

from django import forms

from tcloud.assessments.questions import QUESTIONS
from tcloud.web.member.forms import MethodForm, PlanForm, PointsForm
from tcloud.web.office.forms import CallForm, DayForm, LookedAtForm, TableForm, WhyForm
from tcloud.web.office.points_forms import (
    BudgetForm,
    CorrectionForm,
    ExtendForm,
    FreezeForm,
    ReleaseForm,
    VerdictForm,
)
from tcloud.web.office.rule_form import RulesForm
from tcloud.web.public.forms import (
    AccountDataForm,
    ConsentForm,
    ContractFileForm,
    DeclarationsForm,
    EmailCodeForm,
    LinkForm,
)
from tcloud.web.vendor.forms import HandoverForm, InvoiceForm, ReasonForm


class CardForm(forms.Form):
    """What a card step posts: the component's answers and the page's own nonce or attempt."""

    signature = forms.CharField()
    certificate = forms.CharField(required=False)
    card_sn = forms.CharField(required=False)
    nonce = forms.CharField(required=False)
    attempt = forms.CharField(required=False)


class PreferenceForm(forms.Form):
    """Text size, contrast, and where to go on."""

    size = forms.CharField(required=False)
    contrast = forms.CharField(required=False)
    next = forms.CharField(required=False)


class LanguageForm(forms.Form):
    """zh-hant or en, and where to go on."""

    language = forms.CharField()
    next = forms.CharField(required=False)


def _question(key: str) -> forms.ChoiceField:
    options = next(question.options for question in QUESTIONS if question.key == key)
    return forms.ChoiceField(choices=[(option.key, option.text) for option in options], required=False)


AnswersForm = type("AnswersForm", (forms.Form,), {question.key: _question(question.key) for question in QUESTIONS})
"""One field for each question; a page of the questionnaire asks those of its own topics."""


class SignInForm(forms.Form):
    """E-mail and password; the second factor is asked next."""

    login = forms.EmailField()
    password = forms.CharField()


class CodeForm(forms.Form):
    """The second factor."""

    code = forms.CharField()


class ConfirmedForm(forms.Form):
    """The second step of a form that is asked twice: `confirmed` acts, `back` goes back; neither shows the effect."""

    confirmed = forms.CharField(required=False)
    back = forms.CharField(required=False)


FORMS: dict[str, tuple[type[forms.Form], ...]] = {
    "set-language": (LanguageForm,),
    "preferences": (PreferenceForm,),
    "contract-verify": (ContractFileForm,),
    "account_login": (SignInForm,),
    "mfa_authenticate": (CodeForm,),
    "account_logout": (),
    "join:consent": (ConsentForm,),
    "join:card": (CardForm,),
    "join:declarations": (DeclarationsForm,),
    "join:account": (AccountDataForm,),
    "join:email": (EmailCodeForm,),
    "join:resend": (),
    "join:resume": (),
    "card-link": (LinkForm,),
    "account_card": (CardForm,),
    "member:assessment-part": (AnswersForm,),
    "member:assessment-again": (),
    "member:order-new": (PlanForm,),
    "member:order-check": (PointsForm,),
    "member:order-sign": (CardForm,),
    "member:order-reopen": (),
    "member:order-withdraw": (),
    "member:order-approve": (),
    "member:order-pay": (MethodForm,),
    "office:call-new": (CallForm,),
    "office:draft-start": (),
    "office:draft-edit": (RulesForm,),
    "office:draft-send": (),
    "office:draft-take-back": (),
    "office:draft-discard": (),
    "office:draft-review": (),
    "office:draft-return": (WhyForm,),
    "office:draft-publish": (),
    "office:calendar-look": (TableForm,),
    "office:calendar-take": (LookedAtForm,),
    "office:calendar-say": (DayForm,),
    "vendor:order-accept": (),
    "vendor:order-sign": (CardForm,),
    "vendor:order-decline": (ReasonForm,),
    "vendor:order-contact": (),
    "vendor:order-start": (HandoverForm,),
    "vendor:order-invoice": (InvoiceForm,),
    "office:budget-adjust": (BudgetForm, ConfirmedForm),
    "office:grant-freeze": (FreezeForm, ConfirmedForm),
    "office:grant-release": (ReleaseForm, ConfirmedForm),
    "office:grant-extend": (ExtendForm, ConfirmedForm),
    "office:grant-correct": (CorrectionForm, ConfirmedForm),
    "office:extend-all": (ExtendForm, ConfirmedForm),
    "office:decide-clocks": (VerdictForm,),
    "office:decide-adjustment": (VerdictForm,),
}
