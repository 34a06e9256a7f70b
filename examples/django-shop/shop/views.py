"""The pages that a visitor sees, and the downloads."""

import csv

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .forms import OrderForm, UploadForm
from .models import Category, Order, Product, Upload
from .ordering import OutOfStock, place_order
from .uploads import keep

PRICE_LIST = "price-list.txt"


@require_safe
def product_list(request):
    products = Product.objects.select_related("category")
    category = request.GET.get("category")
    if category:
        products = products.filter(category=get_object_or_404(Category, slug=category))
    context = {
        "page": Paginator(products, 20).get_page(request.GET.get("page")),
        "categories": Category.objects.all(),
        "chosen": category,
    }
    return render(request, "shop/product_list.html", context)


@require_safe
def product_detail(request, slug):
    product = get_object_or_404(Product.objects.select_related("category"), slug=slug)
    return _show_product(request, product, OrderForm())


def _show_product(request, product, form, status=200):
    context = {"product": product, "form": form}
    return render(request, "shop/product_detail.html", context, status=status)


@login_required
@require_POST
def order_product(request, slug):
    product = get_object_or_404(Product, slug=slug)
    form = OrderForm(request.POST)
    if not form.is_valid():
        return _show_product(request, product, form, status=400)
    try:
        order = place_order(request.user, {product: form.cleaned_data["quantity"]})
    except OutOfStock as error:
        form.add_error("quantity", str(error))
        return _show_product(request, product, form, status=409)
    messages.success(request, f"Thank you: {order} is placed.")
    return redirect("order-list")


@login_required
@require_safe
def order_list(request):
    orders = Order.objects.filter(customer=request.user).prefetch_related("lines__product")
    return render(request, "shop/order_list.html", {"orders": orders})


@login_required
@require_http_methods(["GET", "POST"])
def upload(request):
    """Shows the form and the visitor's files; answers a file with its size and SHA-256 as JSON."""
    if request.method == "GET":
        uploads = Upload.objects.filter(owner=request.user)
        return render(request, "shop/upload.html", {"form": UploadForm(), "uploads": uploads})
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=400)
    kept = keep(request.user, form.cleaned_data["file"])
    answer = {"id": kept.pk, "name": kept.name, "size": kept.size, "sha256": kept.sha256}
    return JsonResponse(answer, status=201)


@login_required
@require_safe
def download(request, pk):
    """Sends an upload back to its owner."""
    kept = get_object_or_404(Upload, pk=pk, owner=request.user)
    return FileResponse(kept.file.open("rb"), as_attachment=True, filename=kept.name)


@require_safe
def price_list(request):
    """Sends the file that `manage.py seed` wrote."""
    try:
        file = open(settings.MEDIA_ROOT / PRICE_LIST, "rb")
    except FileNotFoundError as error:
        raise Http404("there is no price list yet") from error
    return FileResponse(file)


class _Echo:
    """A file that gives back what is written to it, so that csv.writer makes lines for a stream."""

    def write(self, line: str) -> str:
        return line


@require_safe
def product_export(request):
    """Streams all products as CSV, row by row from the database."""
    writer = csv.writer(_Echo())
    columns = ["slug", "name", "category__name", "price", "stock"]
    rows = Product.objects.order_by("pk").values_list(*columns)

    def lines():
        yield writer.writerow(["slug", "name", "category", "price", "stock"])
        for row in rows.iterator(chunk_size=100):
            yield writer.writerow(row)

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="products.csv"'
    return response
