"""An invented call centre: the same creditors, debtors and phones on every run. Nobody here exists."""

from callcenter.app.demo.cases import demo_cases, number_of

__all__ = ["demo_cases", "number_of"]
