"""What visitors send with a form."""

from django import forms


class OrderForm(forms.Form):
    quantity = forms.IntegerField(min_value=1, max_value=100, initial=1)


class UploadForm(forms.Form):
    file = forms.FileField(max_length=255)
