"""The story's Django project: what `startproject` makes, with pages that behave well and badly."""
