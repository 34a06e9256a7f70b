"""Views that want to know who asks, in the ways that there are."""

import os
from itertools import count

from appserver.drf import EdgeJWTStatelessUserAuthentication
from django.conf import settings
from django.http import HttpResponse
from django.views.static import serve
from rest_framework import generics, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from notes.models import Note

# Counts calls of this process, so that one can see which requests got as far as here.
calls = count(1)


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ["id", "text"]


class Notes(generics.ListCreateAPIView):
    """The notes of whoever asks. The user is a row of the database."""

    serializer_class = NoteSerializer

    def get_queryset(self):
        return Note.objects.filter(owner=self.request.user).order_by("id")

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class Me(APIView):
    """Who asks, by the row of the database, and what the token says."""

    def get(self, request):
        return Response(
            {
                "username": request.user.get_username(),
                "user_id": request.auth["user_id"],
                "jti": request.auth.get("jti"),
                "calls": next(calls),
                "pid": os.getpid(),
            }
        )


class TokenUser(APIView):
    """Who asks, by the token alone: no query."""

    authentication_classes = [EdgeJWTStatelessUserAuthentication]

    def get(self, request):
        return Response({"id": request.user.id, "kind": type(request.user).__name__})


def page(request, name="index.html"):
    """The page for people: a few small files."""
    response = serve(request, name, document_root=settings.PAGE)
    # Nothing from elsewhere, and no script but the page's own.
    response["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
    return response


def about(request):
    """For everybody."""
    return HttpResponse("notes, for whoever has a token\n", content_type="text/plain")
