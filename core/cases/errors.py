"""What can be wrong with cases and promises."""

from core.kernel.errors import Conflict, Invalid
from core.kernel.i18n import mark


class CaseNumberTaken(Conflict):
    """The creditor already has a case of this number."""

    code = "case_number_taken"
    text = mark("Case {number} already exists for this creditor.")


class CaseNotOpen(Conflict):
    """Work on a closed or suspended case."""

    code = "case_not_open"
    text = mark("The case is not open.")


class CreditorNameTaken(Conflict):
    """Two creditors of one name could not be told apart."""

    code = "creditor_name_taken"
    text = mark("There is already a creditor named {name}.")


class PromiseOpen(Conflict):
    """At most one open promise a case."""

    code = "promise_open"
    text = mark("There is already an open promise on this case. Cancel it before taking a new one.")


class PromiseSettled(Conflict):
    """The promise is kept, broken or cancelled already."""

    code = "promise_settled"
    text = mark("This promise is no longer open.")


class BadPromise(Invalid):
    """The promised sum or day breaks a rule; ``fields`` says which."""

    code = "bad_promise"
    text = mark("This promise cannot be taken as it is.")


class StageKeyTaken(Conflict):
    """There is a stage of this key."""

    code = "stage_key_taken"
    text = mark("There is a stage with the key {key} already.")


class StageUsed(Conflict):
    """Cases or rules name the stage."""

    code = "stage_used"
    text = mark("Cases or assignment rules use the stage {name}. Switch it off instead: then no case can come to it.")


class OrderNumberTaken(Conflict):
    """The creditor has an order of this number."""

    code = "order_number_taken"
    text = mark("This creditor has an order with the number {number} already.")


class OrderUsed(Conflict):
    """The order holds cases."""

    code = "order_used"
    text = mark("Order {number} holds cases and cannot be deleted.")


class PlanLive(Conflict):
    """A case is paid by one agreement at a time."""

    code = "plan_live"
    text = mark("There is an instalment plan on this case. Cancel it before agreeing on something else.")


class PlanEnded(Conflict):
    """The plan is completed, defaulted, cancelled, or decided already."""

    code = "plan_ended"
    text = mark("This is no longer possible: the plan has changed in the meantime.")


class BadPlan(Invalid):
    """The plan's sums or days break a rule; ``fields`` says which."""

    code = "bad_plan"
    text = mark("This plan cannot be agreed as it is.")


class PromiseTypeKeyTaken(Conflict):
    """Two types of one key could not be told apart."""

    code = "promise_type_key_taken"
    text = mark("There is already a promise type {key}.")


class TaskEnded(Conflict):
    """The task is done or cancelled already."""

    code = "task_ended"
    text = mark("This task has ended already.")


class TagNameTaken(Conflict):
    """Two tags of one name could not be told apart."""

    code = "tag_name_taken"
    text = mark("There is already a tag named {name}.")


class MassBusy(Conflict):
    """The run is not in a state that allows it."""

    code = "mass_busy"
    text = mark("This has been started, stopped or taken back in the meantime. Look again.")


class InterestNameTaken(Conflict):
    """Two rate tables of one key, or two interest groups of one name, could not be told apart."""

    code = "interest_name_taken"
    text = mark("There is already an entry named {name}.")


class RatesUsed(Conflict):
    """Terms of interest groups read the table."""

    code = "rates_used"
    text = mark("Interest groups use the rates {name}. Take them out of the groups first.")


class TreeLoop(Conflict):
    """An organisation cannot hang below itself."""

    code = "tree_loop"
    text = mark("An organisation cannot hang below itself.")


class TreeTooDeep(Conflict):
    """The tree has as many levels as it may."""

    code = "tree_too_deep"
    text = mark("A tree may have at most {levels} levels.")
