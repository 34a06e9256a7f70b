"""What visitors may send."""

from django import forms


class BidForm(forms.Form):
    lot = forms.IntegerField(min_value=1)
    amount = forms.DecimalField(max_digits=8, decimal_places=2, min_value=0)
